//! Who may call, and how the first of them gets in.

mod caller;

pub use caller::Caller;
pub use entities::user::Role;

use crate::Domain;

/// The people of the installation.
#[derive(Clone, Copy)]
pub struct Accounts<'a> {
    #[expect(dead_code, reason = "the first verb is about to arrive")]
    pub(crate) domain: &'a Domain,
}
