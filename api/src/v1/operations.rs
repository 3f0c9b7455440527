//! `/v1/operations`: what became of a write that a pool carries out.

use domain::entities::id::JobId;
use domain::operations::{Job, State, waits};
use poem_openapi::param::Path;
use poem_openapi::types::Any;
use poem_openapi::{Enum, Object, OpenApi};
use serde_json::Value;
use uuid::Uuid;

use crate::auth::Caller;
use crate::convention::{Awaited, Operations, Prefer};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::{Id, Time};

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum OperationState {
    Queued,
    Running,
    Retrying,
    Succeeded,
    Failed,
    Cancelled,
    Quarantined,
    /// Checked because `validate_only` asked for it; nothing was done.
    Validated,
}

/// A write that a pool carries out.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Operation {
    pub id: Id<JobId>,
    /// What is done, for example `run_agent`.
    pub kind: String,
    pub state: OperationState,
    /// Whether the state is the last one.
    pub done: bool,
    /// Why it waits although its turn had come: what it needs is not there now. It is tried again by itself.
    pub waiting_for: Option<String>,
    pub created_at: Time,
    pub finished_at: Option<Time>,
    /// How far it is, where its kind says so.
    pub progress: Option<Any<Value>>,
    /// What came of it, once it has succeeded.
    pub result: Option<Any<Value>>,
    pub error: Option<OperationFailure>,
    /// The path of what it is about.
    pub resource: Option<String>,
}

/// Why an operation did not succeed.
#[derive(Debug, Object)]
pub struct OperationFailure {
    /// A word for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

impl Operation {
    /// What `validate_only=true` answers: no job, so no id.
    #[must_use]
    pub fn validated(kind: &str, now: domain::entities::Timestamp) -> Self {
        Self {
            id: Id(JobId::from(Uuid::nil())),
            kind: kind.to_owned(),
            state: OperationState::Validated,
            done: true,
            waiting_for: None,
            created_at: now.into(),
            finished_at: Some(now.into()),
            progress: None,
            result: None,
            error: None,
            resource: None,
        }
    }

    /// Where it can be asked for; nowhere when nothing was done.
    #[must_use]
    pub fn location(&self) -> Option<String> {
        (self.state != OperationState::Validated).then(|| format!("/v1/operations/{}", self.id.0))
    }
}

impl From<State> for OperationState {
    fn from(state: State) -> Self {
        match state {
            State::Queued => Self::Queued,
            State::Running => Self::Running,
            State::Retrying => Self::Retrying,
            State::Succeeded => Self::Succeeded,
            State::Failed => Self::Failed,
            State::Cancelled => Self::Cancelled,
            State::Quarantined => Self::Quarantined,
        }
    }
}

impl From<Job> for Operation {
    fn from(job: Job) -> Self {
        let state = OperationState::from(job.state);
        let failure = |code: &str, message: &str| OperationFailure {
            code: job.error_code.clone().unwrap_or_else(|| code.to_owned()),
            message: job.last_error.clone().unwrap_or_else(|| message.to_owned()),
        };
        let error = match state {
            OperationState::Failed => Some(failure("failed", "it failed")),
            OperationState::Quarantined => Some(failure("quarantined", "it took its worker down too often")),
            OperationState::Cancelled => Some(OperationFailure { code: "cancelled".into(), message: "it was cancelled".into() }),
            _ => None,
        };
        let waiting_for = if waits(&job) { job.last_error.clone() } else { None };
        Self {
            id: job.id.into(),
            kind: job.kind,
            state,
            done: job.state.is_final(),
            waiting_for,
            created_at: job.created_at.into(),
            finished_at: job.finished_at.map(Time),
            progress: job.progress.map(Any),
            result: job.result.map(Any),
            error,
            resource: job.resource,
        }
    }
}

pub struct OperationsApi {
    pub operations: Operations,
}

#[OpenApi(prefix_path = "/v1/operations", tag = "Tag::Operations")]
impl OperationsApi {
    /// One operation
    ///
    /// `Prefer: wait=N` answers when it has ended, or as it is after N seconds.
    #[oai(path = "/:id", method = "get", operation_id = "getOperation")]
    async fn get(&self, caller: Caller, id: Path<Id<JobId>>, #[oai(name = "Prefer")] prefer: Prefer) -> Result<Awaited, Problem> {
        self.operations.get(&caller, id.0.0, prefer).await
    }
}
