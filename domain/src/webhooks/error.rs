//! Why something cannot be done with a webhook.

use entities::id::{DeliveryId, WebhookId};
use jobs::SettleError;
use sea_orm::DbErr;

use crate::fault::{Class, Fault, FieldError};
use crate::idempotency::IdempotencyError;
use crate::keyring::KeyringError;
use crate::mail::MailError;
use crate::paging::PageError;

/// Why something cannot be done with a webhook.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("there is no webhook {webhook}")]
    Missing { webhook: WebhookId },
    #[error("webhook {webhook} has no delivery {delivery}")]
    MissingDelivery { webhook: WebhookId, delivery: DeliveryId },
    #[error("the webhook is not described well enough to be saved")]
    Draft { fields: Vec<FieldError> },
    #[error("a user has at most {endpoints_max} webhooks")]
    TooMany { endpoints_max: u32 },
    #[error("webhook {webhook} is at version {current}, not {expected}; read it again before you change it")]
    OtherVersion { webhook: WebhookId, expected: i32, current: i32 },
    #[error("webhook {webhook} was given another secret at the same moment; ask again")]
    RotatedMeanwhile { webhook: WebhookId },
    #[error("webhook {webhook} is disabled; make it active again first")]
    Disabled { webhook: WebhookId },
    #[error("this process sends no requests")]
    NoHttp,
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error("the queue did not take the delivery")]
    Enqueue(#[from] jobs::EnqueueError),
    #[error(transparent)]
    Settle(#[from] SettleError),
    #[error("the database did not answer for a webhook")]
    Database(#[from] DbErr),
}

impl Fault for WebhookError {
    fn class(&self) -> Class {
        match self {
            Self::Missing { .. } | Self::MissingDelivery { .. } => Class::Missing,
            Self::Draft { .. } => Class::Invalid,
            Self::TooMany { .. } | Self::Disabled { .. } => Class::Refused,
            Self::OtherVersion { .. } | Self::RotatedMeanwhile { .. } | Self::Settle(SettleError::LostLease(_)) => Class::Conflict,
            Self::NoHttp => Class::Unavailable,
            Self::Keyring(error) => error.class(),
            Self::Mail(error) => error.class(),
            Self::Page(error) => error.class(),
            Self::Idempotency(error) => error.class(),
            Self::Enqueue(error) => error.class(),
            Self::Settle(SettleError::Database(error)) | Self::Database(error) => error.class(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } | Self::MissingDelivery { .. } => "not-found",
            Self::Draft { .. } => "validation-failed",
            Self::TooMany { .. } => "refused",
            Self::Disabled { .. } => "webhook-disabled",
            Self::OtherVersion { .. } => "precondition-failed",
            Self::RotatedMeanwhile { .. } => "conflict",
            Self::NoHttp => "unavailable",
            Self::Settle(SettleError::LostLease(_)) => "lost-lease",
            Self::Keyring(error) => error.code(),
            Self::Mail(error) => error.code(),
            Self::Page(error) => error.code(),
            Self::Idempotency(error) => error.code(),
            Self::Enqueue(error) => error.code(),
            Self::Settle(SettleError::Database(error)) | Self::Database(error) => error.code(),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Draft { fields } => fields,
            Self::Page(error) => error.fields(),
            _ => &[],
        }
    }
}
