//! Who may call, and how the first of them gets in.

mod caller;
mod error;
mod identities;
mod login;
mod profile;
mod standing;
mod users;

pub use caller::{Caller, Credential};
pub use entities::user::{MailPreferences, Model as User, Role, State};
pub use entities::user_identity::{Kind as IdentityKind, Model as Identity};
pub use error::AccountError;
pub use identities::Proof;
pub use login::LoginSecret;
pub use profile::Profile;
pub(crate) use standing::Standings;
pub(crate) use users::admit;

use crate::context::Domain;

/// The people of the installation.
#[derive(Clone, Copy)]
pub struct Accounts<'a> {
    pub(crate) domain: &'a Domain,
}
