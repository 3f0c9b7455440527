//! Why operators do not get what they ask for.

use ::jobs::{LostLease, SettleError};
use entities::id::JobId;
use sea_orm::DbErr;

use crate::accounts::AccountError;
use crate::api_keys::ApiKeyError;
use crate::deposits::DepositError;
use crate::fault::{Class, Fault, FieldError};
use crate::idempotency::IdempotencyError;
use crate::paging::PageError;

/// Why an operator's request is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum OpsError {
    #[error("there is no {noun} `{name}`")]
    Missing { noun: &'static str, name: String },
    #[error("{job} is {state}; {why}")]
    State { job: JobId, state: &'static str, why: &'static str },
    #[error("{job} has the unique key {key:?}, and {holder} with the same key is live; cancel that one or wait for its end")]
    UniqueTaken { job: JobId, key: String, holder: JobId },
    #[error("the request cannot be carried out as it is")]
    Fields(Vec<FieldError>),
    #[error("an architect does not {0} themselves; let another one do it")]
    Oneself(&'static str),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    ApiKey(#[from] ApiKeyError),
    #[error(transparent)]
    Deposit(#[from] DepositError),
    #[error(transparent)]
    LostLease(#[from] LostLease),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error("the schedule cannot fire")]
    Schedule(#[source] ::jobs::store::schedules::FireError),
    #[error("the queue did not take the job")]
    Enqueue(#[from] ::jobs::EnqueueError),
    #[error("the database did not answer an operator")]
    Database(#[from] DbErr),
}

impl OpsError {
    /// One field that is wrong.
    pub(super) fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Fields(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }
}

impl From<SettleError> for OpsError {
    fn from(error: SettleError) -> Self {
        match error {
            SettleError::LostLease(lost) => lost.into(),
            SettleError::Database(error) => error.into(),
        }
    }
}

impl Fault for OpsError {
    fn class(&self) -> Class {
        match self {
            Self::Missing { .. } => Class::Missing,
            Self::State { .. } | Self::UniqueTaken { .. } | Self::LostLease(_) => Class::Conflict,
            Self::Fields(_) => Class::Invalid,
            Self::Oneself(_) => Class::Refused,
            Self::Account(error) => error.class(),
            Self::ApiKey(error) => error.class(),
            Self::Deposit(error) => error.class(),
            Self::Schedule(_) => Class::Bug,
            Self::Page(error) => error.class(),
            Self::Idempotency(error) => error.class(),
            Self::Enqueue(error) => error.class(),
            Self::Database(error) => error.class(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "not-found",
            Self::State { .. } => "job-state",
            Self::UniqueTaken { .. } => "unique-job-exists",
            Self::LostLease(_) => "lost-lease",
            Self::Fields(_) => "validation-failed",
            Self::Oneself(_) => "refused",
            Self::Account(error) => error.code(),
            Self::ApiKey(error) => error.code(),
            Self::Deposit(error) => error.code(),
            Self::Schedule(_) => "internal",
            Self::Page(error) => error.code(),
            Self::Idempotency(error) => error.code(),
            Self::Enqueue(error) => error.code(),
            Self::Database(error) => error.code(),
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
