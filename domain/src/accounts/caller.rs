//! Whoever stands behind a request, after the door has checked them.

use entities::Address;
use entities::id::{ApiKeyId, DeviceLinkId, SignInId, UserId};
use entities::user::Role;

use crate::api_keys::{Scope, Scopes};

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
    /// A key for programs, and what it may be used for.
    Key(ApiKeyId, Scopes),
    /// A signature of a linked device, and what it may do.
    Device(DeviceLinkId, Scopes),
}

impl Credential {
    /// What is left of a user's role for whoever shows this.
    #[must_use]
    pub fn role(self, role: Role) -> Role {
        match self {
            Self::SignIn(_) | Self::Issued => role,
            Self::Key(_, scopes) | Self::Device(_, scopes) => scopes.role(role),
        }
    }
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
        match self.credential {
            Credential::SignIn(_) | Credential::Issued => self.user_id.to_string(),
            Credential::Key(id, _) => id.to_string(),
            Credential::Device(id, _) => id.to_string(),
        }
    }

    /// Whether a person stands behind it who signed in, and no program.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        matches!(self.credential, Credential::SignIn(_) | Credential::Issued)
    }

    /// Whether what the caller has shown is good for this. A person may do all that is theirs to do.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        match self.credential {
            Credential::SignIn(_) | Credential::Issued => true,
            Credential::Key(_, scopes) | Credential::Device(_, scopes) => scopes.has(scope),
        }
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
            Credential::Issued | Credential::Key(..) | Credential::Device(..) => None,
        }
    }
}
