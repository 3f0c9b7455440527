//! A job on the wire.

use domain::entities::id::JobId;
use domain::entities::job;
use poem_openapi::{Enum, Object};

use crate::wire::{Id, Time};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum JobState {
    Queued,
    Running,
    Retrying,
    Succeeded,
    Failed,
    Cancelled,
    Quarantined,
}

impl From<job::State> for JobState {
    fn from(state: job::State) -> Self {
        match state {
            job::State::Queued => Self::Queued,
            job::State::Running => Self::Running,
            job::State::Retrying => Self::Retrying,
            job::State::Succeeded => Self::Succeeded,
            job::State::Failed => Self::Failed,
            job::State::Cancelled => Self::Cancelled,
            job::State::Quarantined => Self::Quarantined,
        }
    }
}

impl From<JobState> for job::State {
    fn from(state: JobState) -> Self {
        match state {
            JobState::Queued => Self::Queued,
            JobState::Running => Self::Running,
            JobState::Retrying => Self::Retrying,
            JobState::Succeeded => Self::Succeeded,
            JobState::Failed => Self::Failed,
            JobState::Cancelled => Self::Cancelled,
            JobState::Quarantined => Self::Quarantined,
        }
    }
}

/// One row of work.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Job {
    pub id: Id<JobId>,
    /// What is done, for example `run_agent`.
    pub kind: String,
    pub pool: String,
    pub state: JobState,
    /// 0 … 9; a higher one is claimed first.
    pub priority: i16,
    /// Claims so far.
    pub attempt: i32,
    /// Tries that ended in an error, of `failures_max`.
    pub failures: i32,
    pub failures_max: i32,
    /// Leases lost while running, of `deaths_max`.
    pub deaths: i32,
    pub deaths_max: i32,
    /// When it may start, or started.
    pub run_at: Time,
    pub created_at: Time,
    pub started_at: Option<Time>,
    pub finished_at: Option<Time>,
    /// Somebody asked for its end while it ran.
    pub cancel_requested_at: Option<Time>,
    /// The worker that holds or held it.
    pub worker: Option<String>,
    pub error_code: Option<String>,
    pub last_error: Option<String>,
    pub unique_key: Option<String>,
    pub concurrency_key: Option<String>,
    /// The resource that it is about.
    pub resource: Option<String>,
    /// `user:usr_…`, or what else made it.
    pub created_by: Option<String>,
}

impl From<job::Model> for Job {
    fn from(job: job::Model) -> Self {
        Self {
            id: job.id.into(),
            kind: job.kind,
            pool: job.pool,
            state: job.state.into(),
            priority: job.priority,
            attempt: job.attempt,
            failures: job.failures,
            failures_max: job.failures_max,
            deaths: job.deaths,
            deaths_max: job.deaths_max,
            run_at: job.run_at.into(),
            created_at: job.created_at.into(),
            started_at: job.started_at.map(Time),
            finished_at: job.finished_at.map(Time),
            cancel_requested_at: job.cancel_requested_at.map(Time),
            worker: job.worker,
            error_code: job.error_code,
            last_error: job.last_error,
            unique_key: job.unique_key,
            concurrency_key: job.concurrency_key,
            resource: job.resource,
            created_by: job.created_by,
        }
    }
}
