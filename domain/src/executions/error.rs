//! Why something cannot be done with an execution.

use entities::agent::State as AgentState;
use entities::execution::State;
use entities::id::{AgentId, ExecutionId};
use jobs::{EnqueueError, LostLease, SettleError};
use sea_orm::DbErr;

use crate::agents::AgentError;
use crate::fault::{Class, Fault, FieldError};
use crate::idempotency::IdempotencyError;
use crate::limits::{LimitError, LimitReached};
use crate::paging::PageError;

/// Why something cannot be done with an execution.
#[derive(Debug, thiserror::Error)]
pub enum ExecutionError {
    #[error("there is no execution {execution}")]
    Missing { execution: ExecutionId },
    #[error("the input does not meet the input schema of agent {agent}")]
    Input { agent: AgentId, fields: Vec<FieldError> },
    #[error("you hold no entitlement to run agent {agent}")]
    NotEntitled { agent: AgentId },
    #[error("agent {agent} is {} and cannot be run", state.name())]
    NotRunnable { agent: AgentId, state: AgentState },
    #[error("agent {agent} is not deployed, it is {}; until it is, only its owner runs it", state.name())]
    NotDeployed { agent: AgentId, state: AgentState },
    #[error("agent {agent} was changed while the run was being accepted; send it again")]
    AgentChanged { agent: AgentId },
    #[error("execution {execution} is {} already", state.name())]
    Over { execution: ExecutionId, state: State },
    #[error(transparent)]
    LostLease(#[from] LostLease),
    #[error(transparent)]
    Agent(#[from] AgentError),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error(transparent)]
    Limit(#[from] LimitError),
    #[error(transparent)]
    Enqueue(#[from] EnqueueError),
    #[error("what came of execution {execution} cannot be written as JSON")]
    Unwritable { execution: ExecutionId, source: serde_json::Error },
    #[error("the database did not answer for an execution")]
    Database(#[from] DbErr),
}

impl From<SettleError> for ExecutionError {
    fn from(error: SettleError) -> Self {
        match error {
            SettleError::LostLease(lost) => lost.into(),
            SettleError::Database(error) => error.into(),
        }
    }
}

impl Fault for ExecutionError {
    fn class(&self) -> Class {
        match self {
            Self::Missing { .. } => Class::Missing,
            Self::Input { .. } => Class::Invalid,
            Self::NotEntitled { .. } => Class::Forbidden,
            Self::NotRunnable { .. } | Self::NotDeployed { .. } | Self::AgentChanged { .. } | Self::Over { .. } | Self::LostLease(_) => {
                Class::Conflict
            }
            Self::Unwritable { .. } => Class::Bug,
            Self::Agent(error) => error.class(),
            Self::Page(error) => error.class(),
            Self::Idempotency(error) => error.class(),
            Self::Limit(error) => error.class(),
            Self::Enqueue(error) => error.class(),
            Self::Database(error) => error.class(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "not-found",
            Self::Input { .. } => "validation-failed",
            Self::NotEntitled { .. } => "entitlement-required",
            Self::NotRunnable { .. } | Self::NotDeployed { .. } => "agent-state",
            Self::AgentChanged { .. } => "conflict",
            Self::Over { .. } => "execution-state",
            Self::LostLease(_) => "lost-lease",
            Self::Unwritable { .. } => "internal",
            Self::Agent(error) => error.code(),
            Self::Page(error) => error.code(),
            Self::Idempotency(error) => error.code(),
            Self::Limit(error) => error.code(),
            Self::Enqueue(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Input { fields, .. } => fields,
            Self::Agent(error) => error.fields(),
            Self::Page(error) => error.fields(),
            _ => &[],
        }
    }

    fn limit(&self) -> Option<&LimitReached> {
        match self {
            Self::Limit(error) => error.limit(),
            _ => None,
        }
    }
}
