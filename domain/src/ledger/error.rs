//! Why money did not move.

use entities::Amount;
use entities::id::{AccountId, TransferId};
use entities::ledger_transfer::State;
use sea_orm::DbErr;

use crate::fault::{Class, Fault};

/// A rule said no. Nothing of the chain has happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("account {account} has {available}, the transfer needs {needed}")]
    InsufficientFunds { account: AccountId, available: i64, needed: Amount },
    #[error("account {account} would hold or owe more than 9223372036854775807")]
    Overflow { account: AccountId },
    #[error("transfer {id} was asked for before with other content")]
    OtherContent { id: TransferId },
    #[error("transfer {id} was made before without the others of its chain")]
    OtherChain { id: TransferId },
    #[error("a transfer needs two accounts of one mint, both real or both simulated")]
    Apart { debit: AccountId, credit: AccountId },
    #[error("there is no transfer {id}")]
    Missing { id: TransferId },
    #[error("transfer {id} is {}, not pending", state.name())]
    NotPending { id: TransferId, state: State },
    #[error("transfer {id} has expired")]
    Expired { id: TransferId },
    #[error("transfer {id} is {}, and only what is posted is reversed", state.name())]
    NotPosted { id: TransferId, state: State },
    #[error("transfer {id} was reversed by {by}")]
    Reversed { id: TransferId, by: TransferId },
}

/// Why the ledger did not answer.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Somebody used one of the ids at the same moment for something else. The transaction is worth nothing; the next try sees it.
    #[error("somebody else was writing a transfer of the same id")]
    Raced,
    #[error("the database did not answer for the ledger")]
    Database(#[from] DbErr),
}

impl Fault for Refusal {
    fn class(&self) -> Class {
        match self {
            Self::InsufficientFunds { .. } | Self::Overflow { .. } => Class::Refused,
            Self::OtherContent { .. }
            | Self::OtherChain { .. }
            | Self::NotPending { .. }
            | Self::NotPosted { .. }
            | Self::Expired { .. }
            | Self::Reversed { .. } => Class::Conflict,
            Self::Missing { .. } => Class::Missing,
            Self::Apart { .. } => Class::Bug,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::InsufficientFunds { .. } => "insufficient-funds",
            Self::Overflow { .. } => "amount-overflow",
            Self::OtherContent { .. } | Self::OtherChain { .. } => "transfer-reused",
            Self::NotPending { .. } | Self::NotPosted { .. } | Self::Expired { .. } | Self::Reversed { .. } => "transfer-state",
            Self::Missing { .. } => "not-found",
            Self::Apart { .. } => "internal",
        }
    }
}

impl Fault for LedgerError {
    fn class(&self) -> Class {
        match self {
            Self::Refused(refusal) => refusal.class(),
            Self::Raced => Class::Unavailable,
            Self::Database(error) => error.class(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Raced => "unavailable",
            Self::Database(error) => error.code(),
        }
    }
}
