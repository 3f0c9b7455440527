//! Whoever stands behind a request, after the door has checked them.

use entities::Address;
use entities::id::{SignInId, UserId};
use entities::user::Role;

/// Whoever asks. Ownership decides most; the role decides the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    pub user_id: UserId,
    pub role: Role,
    /// The wallet that the caller has proved to be theirs.
    pub wallet: Option<Address>,
    pub credential: Credential,
}

/// What the caller has shown at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Credential {
    /// An access token, or the cookie, of a sign-in.
    SignIn(SignInId),
    /// An access token that was issued at the shell. It ends with its time, and nobody can sign it out.
    Issued,
}

impl Caller {
    /// Somebody without a wallet, with a token from the shell.
    #[must_use]
    pub fn new(user_id: UserId, role: Role) -> Self {
        Self { user_id, role, wallet: None, credential: Credential::Issued }
    }

    /// Who it was, as audit logs and `created_by` spell it: `user:usr_…`.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("user:{}", self.user_id)
    }

    /// Whose use of the API is counted together.
    #[must_use]
    pub fn counted_as(&self) -> String {
        self.user_id.to_string()
    }

    #[must_use]
    pub fn is_architect(&self) -> bool {
        self.role == Role::Architect
    }

    /// Whether the caller may read operations, be it redacted.
    #[must_use]
    pub fn may_observe(&self) -> bool {
        matches!(self.role, Role::Architect | Role::Observer)
    }

    /// The sign-in that the caller came with, if any.
    #[must_use]
    pub fn sign_in(&self) -> Option<SignInId> {
        match self.credential {
            Credential::SignIn(id) => Some(id),
            Credential::Issued => None,
        }
    }
}
