//! Why something cannot be done with an agent.

use entities::agent::State;
use entities::id::AgentId;
use entities::value::AddressError;
use sea_orm::DbErr;

use super::state::RefusedTransition;
use crate::fault::{Class, Fault, FieldError};
use crate::idempotency::IdempotencyError;
use crate::json_schema::SchemaError;
use crate::paging::PageError;

/// Why something cannot be done with an agent.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    #[error("there is no agent {agent}")]
    Missing { agent: AgentId },
    #[error("agent {agent} has no version {version}")]
    NoVersion { agent: AgentId, version: i32 },
    #[error("the agent is not described well enough to be saved")]
    Draft { fields: Vec<FieldError> },
    #[error("a user has at most {agents_max} agents; delete one that is not needed any more")]
    TooMany { agents_max: u32 },
    #[error("an agent has at most {versions_max} versions; create another one for what comes next")]
    TooManyVersions { agent: AgentId, versions_max: u32 },
    #[error("agent {agent} is at version {current}, not {expected}; read it again before you change it")]
    OtherVersion { agent: AgentId, expected: i32, current: i32 },
    #[error("agent {agent} is {}; {refused}", state.name())]
    State { agent: AgentId, state: State, refused: &'static str },
    #[error(transparent)]
    Transition(#[from] RefusedTransition),
    #[error("`{written}` is no address of a token or a pool")]
    Address { written: String, source: AddressError },
    #[error("another agent has the address {address} already")]
    AddressTaken { address: String },
    #[error("a stored schema of agent {agent} does not compile any more")]
    StoredSchema { agent: AgentId, source: SchemaError },
    #[error(transparent)]
    Page(#[from] PageError),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error("the database did not answer for an agent")]
    Database(#[from] DbErr),
}

impl Fault for AgentError {
    fn class(&self) -> Class {
        match self {
            Self::Missing { .. } => Class::Missing,
            Self::Draft { .. } | Self::Address { .. } => Class::Invalid,
            Self::OtherVersion { .. } | Self::State { .. } | Self::Transition(_) | Self::AddressTaken { .. } => Class::Conflict,
            Self::TooMany { .. } | Self::TooManyVersions { .. } => Class::Refused,
            Self::NoVersion { .. } | Self::StoredSchema { .. } => Class::Bug,
            Self::Page(error) => error.class(),
            Self::Idempotency(error) => error.class(),
            Self::Database(error) => error.class(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "not-found",
            Self::Draft { .. } | Self::Address { .. } => "validation-failed",
            Self::OtherVersion { .. } => "precondition-failed",
            Self::State { .. } | Self::Transition(_) => "agent-state",
            Self::AddressTaken { .. } => "conflict",
            Self::TooMany { .. } | Self::TooManyVersions { .. } => "refused",
            Self::NoVersion { .. } | Self::StoredSchema { .. } => "internal",
            Self::Page(error) => error.code(),
            Self::Idempotency(error) => error.code(),
            Self::Database(error) => error.code(),
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
