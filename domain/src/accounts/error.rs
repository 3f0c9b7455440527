//! Why somebody is not let in.

use entities::id::{IdentityId, UserId};
use entities::user::Role;
use entities::user_identity::Kind;
use sea_orm::DbErr;

use crate::fault::{Class, Fault, FieldError};

/// Why an account cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("there is no user {user}")]
    Unknown { user: UserId },
    #[error("user {user} is suspended")]
    Suspended { user: UserId },
    #[error("user {user} is an {}, not an {}", has.name(), asked.name())]
    OtherRole { user: UserId, has: Role, asked: Role },
    #[error("the sign-in is over")]
    SignedOut,
    #[error("this {} belongs to another user; sign in with it, or part with it there first", kind.name())]
    IdentityTaken { kind: Kind },
    #[error("you have another {} already; part with it first", kind.name())]
    IdentityKindTaken { kind: Kind },
    #[error("there is no identity {identity} of yours")]
    NoIdentity { identity: IdentityId },
    #[error("this is the only way in that you have; add another one first")]
    LastIdentity,
    #[error("the login link is not one of ours, was used before, or is too old")]
    LoginLink,
    #[error("the profile cannot be saved as it is")]
    Profile(Vec<FieldError>),
    #[error("the database did not answer for an account")]
    Database(#[from] DbErr),
}

impl Fault for AccountError {
    fn class(&self) -> Class {
        match self {
            Self::Unknown { .. } | Self::NoIdentity { .. } => Class::Missing,
            Self::Suspended { .. } | Self::SignedOut | Self::LoginLink => Class::Forbidden,
            Self::OtherRole { .. } | Self::IdentityTaken { .. } | Self::IdentityKindTaken { .. } | Self::LastIdentity => Class::Conflict,
            Self::Profile(_) => Class::Invalid,
            Self::Database(error) => error.class(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } | Self::NoIdentity { .. } => "not-found",
            Self::Suspended { .. } => "account-suspended",
            Self::SignedOut => "invalid-token",
            Self::OtherRole { .. } => "conflict",
            Self::IdentityTaken { .. } => "identity-taken",
            Self::IdentityKindTaken { .. } | Self::LastIdentity => "refused",
            Self::LoginLink => "invalid-login-link",
            Self::Profile(_) => "validation-failed",
            Self::Database(error) => error.code(),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Profile(fields) => fields,
            _ => &[],
        }
    }
}
