//! Who may call, and how the first of them gets in.

mod caller;
mod error;
mod login;
mod users;

pub use caller::Caller;
pub use entities::user::{Model as User, Role};
pub use error::AccountError;
pub use login::LoginSecret;

use crate::context::Domain;

/// The people of the installation.
#[derive(Clone, Copy)]
pub struct Accounts<'a> {
    pub(crate) domain: &'a Domain,
}
