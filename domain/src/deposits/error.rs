//! Why a deposit is not booked.

use entities::profile::Kind;
use sea_orm::DbErr;

use crate::fault::{Class, Fault, FieldError};
use crate::idempotency::IdempotencyError;
use crate::ledger::LedgerError;
use crate::limits::LimitReached;
use crate::paging::PageError;
use crate::payments::PayError;
use crate::ports::chain::{ChainError, TransactionFailure};
use crate::tokens::TokenError;

/// Why a deposit is not booked.
#[derive(Debug, thiserror::Error)]
pub enum DepositError {
    #[error("this process speaks to no Solana cluster: set SOLANA_RPC_URL")]
    NoChain,
    #[error("there is no account yet where deposits arrive; a worker of the pool `settlement` opens it")]
    NotOpen,
    #[error("the node answers the same page of the history again and again")]
    Stuck,
    #[error("the request cannot be carried out as it is")]
    Fields(Vec<FieldError>),
    #[error("no node knows this transaction, after {seconds} s; it may have expired before it landed")]
    NotFound { seconds: u32 },
    #[error("the transaction failed on chain and has moved nothing")]
    FailedOnChain(#[source] TransactionFailure),
    #[error("the transaction brings nothing to an account of ours; GET /v1/agent/deposit-address says where deposits go")]
    NotToUs,
    #[error("the transaction brings a token to us that is not taken; GET /v1/tokens lists those that are")]
    WrongMint,
    /// It has an owner already.
    #[error("the deposit has been credited already")]
    Credited,
    #[error(transparent)]
    Pay(#[from] PayError),
    #[error("the chain was asked for deposits")]
    Chain(#[from] ChainError),
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
    #[error("the database did not answer for a deposit")]
    Database(#[from] DbErr),
}

impl DepositError {
    pub(crate) fn field(pointer: &str, detail: &str) -> Self {
        Self::Fields(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }

    pub(crate) fn no_agent() -> Self {
        Self::Pay(PayError::NoProfile { kind: Kind::Agent })
    }

    fn source_fault(&self) -> Option<&dyn Fault> {
        match self {
            Self::Pay(error) => Some(error),
            Self::Chain(error) => Some(error),
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

impl Fault for DepositError {
    fn class(&self) -> Class {
        match self {
            Self::NoChain | Self::NotOpen | Self::Stuck => Class::Unavailable,
            Self::Fields(_) => Class::Invalid,
            Self::NotFound { .. } => Class::Missing,
            Self::FailedOnChain(_) | Self::NotToUs | Self::WrongMint => Class::Refused,
            Self::Credited => Class::Conflict,
            other => other.source_fault().map_or(Class::Bug, Fault::class),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoChain | Self::NotOpen | Self::Stuck => "unavailable",
            Self::Fields(_) => "validation-failed",
            Self::NotFound { .. } => "not-found",
            Self::FailedOnChain(_) | Self::NotToUs | Self::WrongMint => "deposit-refused",
            Self::Credited => "conflict",
            other => other.source_fault().map_or("internal", Fault::code),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Fields(fields) => fields,
            other => other.source_fault().map_or(&[], Fault::fields),
        }
    }

    fn limit(&self) -> Option<&LimitReached> {
        self.source_fault().and_then(Fault::limit)
    }
}
