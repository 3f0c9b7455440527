//! Why somebody is not let in.

use entities::id::UserId;
use entities::user::Role;
use sea_orm::DbErr;

use crate::fault::{Class, Fault};

/// Why an account cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("there is no user {user}")]
    Unknown { user: UserId },
    #[error("user {user} is suspended")]
    Suspended { user: UserId },
    #[error("user {user} is an {}, not an {}", has.name(), asked.name())]
    OtherRole { user: UserId, has: Role, asked: Role },
    #[error("the login link is not one of ours, was used before, or is too old")]
    LoginLink,
    #[error("the database did not answer for an account")]
    Database(#[from] DbErr),
}

impl Fault for AccountError {
    fn class(&self) -> Class {
        match self {
            Self::Unknown { .. } => Class::Missing,
            Self::Suspended { .. } | Self::LoginLink => Class::Forbidden,
            Self::OtherRole { .. } => Class::Conflict,
            Self::Database(error) => error.class(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "not-found",
            Self::Suspended { .. } => "forbidden",
            Self::OtherRole { .. } => "conflict",
            Self::LoginLink => "invalid-login-link",
            Self::Database(error) => error.code(),
        }
    }
}
