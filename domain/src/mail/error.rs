//! Why a mail is not on its way.

use entities::id::MailId;
use jobs::SettleError;
use sea_orm::DbErr;

use crate::fault::{Class, Fault};
use crate::keyring::KeyringError;

/// Why a mail is not on its way.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("there is no mail {mail}")]
    Missing { mail: MailId },
    #[error("the content of mail {mail} is not what was sealed")]
    Content { mail: MailId, source: serde_json::Error },
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error(transparent)]
    Settle(#[from] SettleError),
    #[error("the queue did not take the mail")]
    Enqueue(#[from] jobs::EnqueueError),
    #[error("the database did not answer for a mail")]
    Database(#[from] DbErr),
}

impl Fault for MailError {
    fn class(&self) -> Class {
        match self {
            Self::Missing { .. } => Class::Missing,
            Self::Content { .. } => Class::Bug,
            Self::Keyring(error) => error.class(),
            Self::Settle(SettleError::LostLease(_)) => Class::Conflict,
            Self::Settle(SettleError::Database(error)) | Self::Database(error) => error.class(),
            Self::Enqueue(error) => error.class(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "not-found",
            Self::Content { .. } => "internal",
            Self::Keyring(error) => error.code(),
            Self::Settle(SettleError::LostLease(_)) => "lost-lease",
            Self::Settle(SettleError::Database(error)) | Self::Database(error) => error.code(),
            Self::Enqueue(error) => error.code(),
        }
    }
}
