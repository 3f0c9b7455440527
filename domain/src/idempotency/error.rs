//! Why a repeated request gets no answer.

use sea_orm::DbErr;

use crate::fault::{Class, Fault};

/// Why a request under an idempotency key was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum IdempotencyError {
    #[error("this idempotency key was used with another body; a new request needs a new key")]
    Reused,
    #[error("the first request with this idempotency key is still being carried out; ask again in a moment")]
    InProgress,
    #[error("an answer was kept that cannot be read again")]
    Unreadable { source: serde_json::Error },
    #[error("the database did not answer for an idempotency key")]
    Database(#[from] DbErr),
}

impl Fault for IdempotencyError {
    fn class(&self) -> Class {
        match self {
            Self::Reused | Self::InProgress => Class::Conflict,
            Self::Unreadable { .. } => Class::Bug,
            Self::Database(error) => error.class(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Reused => "idempotency-key-reused",
            Self::InProgress => "idempotency-in-progress",
            Self::Unreadable { .. } => "internal",
            Self::Database(error) => error.code(),
        }
    }
}
