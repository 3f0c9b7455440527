//! Why there is no key, or why it opens nothing.

use entities::id::ApiKeyId;
use sea_orm::DbErr;

use crate::accounts::AccountError;
use crate::fault::{Class, Fault, FieldError};
use crate::idempotency::IdempotencyError;
use crate::keyring::KeyringError;
use crate::paging::PageError;

/// Why there is no key, or why it opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    #[error("this is no key of ours")]
    Unknown,
    #[error("there is no key {key} of yours")]
    Missing { key: ApiKeyId },
    #[error("key {key} is over or was revoked; make a new one")]
    Over { key: ApiKeyId },
    #[error("you have {max} live keys already; revoke one first")]
    TooMany { max: u32 },
    #[error("the key cannot be made as it is")]
    Fields(Vec<FieldError>),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
}

impl From<DbErr> for ApiKeyError {
    fn from(error: DbErr) -> Self {
        Self::Account(error.into())
    }
}

impl Fault for ApiKeyError {
    fn class(&self) -> Class {
        match self {
            Self::Unknown => Class::Forbidden,
            Self::Missing { .. } => Class::Missing,
            Self::Over { .. } => Class::Conflict,
            Self::TooMany { .. } => Class::Refused,
            Self::Fields(_) => Class::Invalid,
            Self::Account(error) => error.class(),
            Self::Keyring(error) => error.class(),
            Self::Page(error) => error.class(),
            Self::Idempotency(error) => error.class(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "invalid-token",
            Self::Missing { .. } => "not-found",
            Self::Over { .. } | Self::TooMany { .. } => "refused",
            Self::Fields(_) => "validation-failed",
            Self::Account(error) => error.code(),
            Self::Keyring(error) => error.code(),
            Self::Page(error) => error.code(),
            Self::Idempotency(error) => error.code(),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Fields(fields) => fields,
            Self::Page(error) => error.fields(),
            _ => &[],
        }
    }
}
