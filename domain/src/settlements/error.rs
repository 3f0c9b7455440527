//! Why a payout is not accepted, or a batch does not go on.

use entities::id::{BatchId, PayoutId};
use entities::profile::Kind;
use sea_orm::DbErr;

use crate::fault::{Class, Fault, FieldError};
use crate::idempotency::IdempotencyError;
use crate::ledger::LedgerError;
use crate::paging::PageError;
use crate::ports::chain::{ChainError, TreasuryError};
use crate::tokens::TokenError;

/// Why a payout is not accepted, or a batch does not go on.
#[derive(Debug, thiserror::Error)]
pub enum SettlementError {
    #[error("the payout cannot be accepted as it is")]
    Fields(Vec<FieldError>),
    #[error("save a profile as {} first", kind.name())]
    NoProfile { kind: Kind },
    #[error("the vendor is suspended and is not paid out")]
    Suspended,
    #[error("there is no payout {id}")]
    Missing { id: PayoutId },
    #[error("the reference is the one of {id}, which is another payout")]
    Reference { id: PayoutId },
    #[error("this process has no keys that pay, or speaks to no cluster")]
    NoTreasury,
    #[error("batch {id} was changed by somebody else")]
    Changed { id: BatchId },
    #[error("batch {id} was paid by a transaction that is none of its own")]
    PaidByOthers { id: BatchId },
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Treasury(#[from] TreasuryError),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("the queue did not take what follows from it")]
    Queue(#[from] jobs::EnqueueError),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error("the database did not answer for a payout")]
    Database(#[from] DbErr),
}

impl SettlementError {
    fn inner(&self) -> Option<&dyn Fault> {
        match self {
            Self::Chain(error) => Some(error),
            Self::Treasury(error) => Some(error),
            Self::Token(error) => Some(error),
            Self::Ledger(error) => Some(error),
            Self::Queue(error) => Some(error),
            Self::Idempotency(error) => Some(error),
            Self::Page(error) => Some(error),
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

impl Fault for SettlementError {
    fn class(&self) -> Class {
        match self {
            Self::Fields(_) => Class::Invalid,
            Self::NoProfile { .. } | Self::Suspended => Class::Refused,
            Self::Missing { .. } => Class::Missing,
            Self::Reference { .. } | Self::Changed { .. } => Class::Conflict,
            Self::NoTreasury => Class::Unavailable,
            Self::PaidByOthers { .. } => Class::Bug,
            _ => self.inner().map_or(Class::Bug, Fault::class),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Fields(_) => "validation-failed",
            Self::NoProfile { .. } | Self::Suspended => "refused",
            Self::Missing { .. } => "not-found",
            Self::Reference { .. } | Self::Changed { .. } => "conflict",
            Self::NoTreasury => "unavailable",
            Self::PaidByOthers { .. } => "internal",
            _ => self.inner().map_or("internal", Fault::code),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Fields(fields) => fields,
            _ => &[],
        }
    }
}
