//! Why a right is not granted or taken away.

use entities::id::{AgentId, UserId};
use sea_orm::DbErr;

use crate::accounts::AccountError;
use crate::agents::AgentError;
use crate::fault::{Class, Fault, FieldError};
use crate::idempotency::IdempotencyError;
use crate::paging::PageError;

/// Why a right is not granted or taken away.
#[derive(Debug, thiserror::Error)]
pub enum EntitlementError {
    #[error("user {user} holds no right to run agent {agent}")]
    Missing { agent: AgentId, user: UserId },
    #[error(transparent)]
    Agent(#[from] AgentError),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error("the database did not answer for an entitlement")]
    Database(#[from] DbErr),
}

impl Fault for EntitlementError {
    fn class(&self) -> Class {
        match self {
            Self::Missing { .. } => Class::Missing,
            Self::Agent(error) => error.class(),
            Self::Account(error) => error.class(),
            Self::Page(error) => error.class(),
            Self::Idempotency(error) => error.class(),
            Self::Database(error) => error.class(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "not-found",
            Self::Agent(error) => error.code(),
            Self::Account(error) => error.code(),
            Self::Page(error) => error.code(),
            Self::Idempotency(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Agent(error) => error.fields(),
            Self::Page(error) => error.fields(),
            _ => &[],
        }
    }
}
