//! Why a payment was not made.

use std::sync::Arc;

use entities::Amount;
use entities::profile::Kind;
use jobs::SettleError;
use sea_orm::DbErr;

use crate::fault::{Class, Fault, FieldError};
use crate::idempotency::IdempotencyError;
use crate::ledger::{LedgerError, Refusal};
use crate::limits::LimitReached;
use crate::mail::MailError;
use crate::paging::PageError;

/// Why a payment was not made.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    #[error("the request cannot be carried out as it is")]
    Fields(Vec<FieldError>),
    #[error("save a profile as {} first", kind.name())]
    NoProfile { kind: Kind },
    #[error("the agent is suspended and may not pay")]
    Suspended,
    #[error("one payment may be {max} at most")]
    PaymentLimit { max: Amount },
    #[error("{spent} of the {max} that may be spent in a day are spent")]
    DayLimit { spent: Amount, max: Amount },
    #[error("the vendor is not among those that this agent may pay")]
    Vendor,
    #[error(transparent)]
    Refused(Refusal),
    /// Shared by all payments of a group.
    #[error("payments cannot be written right now")]
    Ledger(#[source] Arc<LedgerError>),
    #[error("the queue did not take what follows from it")]
    Queue(#[from] jobs::EnqueueError),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error(transparent)]
    Settle(#[from] SettleError),
    #[error("somebody could not be told")]
    Mail(#[from] MailError),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error("the database did not answer for a payment")]
    Database(#[from] DbErr),
}

impl From<LedgerError> for PayError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Refused(refusal) => Self::Refused(refusal),
            other => Self::Ledger(Arc::new(other)),
        }
    }
}

impl PayError {
    /// One field is wrong.
    pub(crate) fn field(pointer: &str, detail: &str) -> Self {
        Self::Fields(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }

    fn source_fault(&self) -> Option<&dyn Fault> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Ledger(error) => Some(&**error),
            Self::Queue(error) => Some(error),
            Self::Idempotency(error) => Some(error),
            Self::Mail(error) => Some(error),
            Self::Page(error) => Some(error),
            Self::Settle(SettleError::Database(error)) | Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

impl Fault for PayError {
    fn class(&self) -> Class {
        match self {
            Self::Fields(_) => Class::Invalid,
            Self::Suspended | Self::PaymentLimit { .. } | Self::DayLimit { .. } | Self::Vendor => Class::Forbidden,
            Self::NoProfile { .. } => Class::Refused,
            Self::Settle(SettleError::LostLease(_)) => Class::Conflict,
            other => other.source_fault().map_or(Class::Bug, Fault::class),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Fields(_) => "validation-failed",
            Self::NoProfile { .. } => "profile-required",
            Self::Suspended => "agent-suspended",
            Self::Settle(SettleError::LostLease(_)) => "lost-lease",
            Self::PaymentLimit { .. } | Self::DayLimit { .. } | Self::Vendor => "spending-limit",
            other => other.source_fault().map_or("internal", Fault::code),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Fields(fields) => fields,
            Self::Page(error) => error.fields(),
            _ => &[],
        }
    }

    fn limit(&self) -> Option<&LimitReached> {
        self.source_fault().and_then(Fault::limit)
    }
}
