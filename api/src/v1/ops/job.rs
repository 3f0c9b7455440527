//! A job on the wire.

use domain::entities::id::JobId;
use domain::entities::{job, job_attempt};
use domain::ops::JobSummary;
use poem_openapi::types::Any;
use poem_openapi::{Enum, Object};
use serde_json::Value;

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
    /// The last error, or why the last attempt was put off. Not shown to observers.
    pub last_error: Option<String>,
    pub unique_key: Option<String>,
    pub concurrency_key: Option<String>,
    /// The resource that it is about.
    pub resource: Option<String>,
    /// `user:usr_…`, or what else made it.
    pub created_by: Option<String>,
}

impl Job {
    /// What errors say may quote inputs and outputs: observers see their codes only.
    #[must_use]
    pub fn of(job: JobSummary, sees_content: bool) -> Self {
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
            last_error: job.last_error.filter(|_| sees_content),
            unique_key: job.unique_key,
            concurrency_key: job.concurrency_key,
            resource: job.resource,
            created_by: job.created_by,
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum AttemptOutcome {
    Succeeded,
    /// A try that failed; the job comes back.
    Errored,
    /// The last error, or one that no retry mends.
    Failed,
    Cancelled,
    /// It asked to come back later; costs nothing.
    Snoozed,
    /// Its worker was shutting down; costs nothing.
    Released,
    /// Its worker died, or lost the database.
    Died,
}

impl From<job_attempt::Outcome> for AttemptOutcome {
    fn from(outcome: job_attempt::Outcome) -> Self {
        use job_attempt::Outcome;
        match outcome {
            Outcome::Succeeded => Self::Succeeded,
            Outcome::Errored => Self::Errored,
            Outcome::Failed => Self::Failed,
            Outcome::Cancelled => Self::Cancelled,
            Outcome::Snoozed => Self::Snoozed,
            Outcome::Released => Self::Released,
            Outcome::Died => Self::Died,
        }
    }
}

/// One claim of a job.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct JobAttempt {
    pub attempt: i32,
    pub worker: String,
    pub started_at: Time,
    pub finished_at: Option<Time>,
    /// Absent while it runs.
    pub outcome: Option<AttemptOutcome>,
    /// Not shown to observers.
    pub error: Option<String>,
    /// What it said, line by line. Not shown to observers.
    pub log: Option<String>,
}

/// A job with all that is known about it.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct JobDetail {
    #[oai(flatten)]
    pub job: Job,
    /// The latest first. One that was put off leaves none, since a job may wait for days: `last_error` says what for.
    pub attempts: Vec<JobAttempt>,
    /// Payload, result, progress, logs and the texts of errors are left out, because the caller is an observer.
    pub redacted: bool,
    pub payload: Option<Any<Value>>,
    pub result: Option<Any<Value>>,
    pub progress: Option<Any<Value>>,
    /// The W3C `traceparent` of the request that it comes from.
    pub trace_id: Option<String>,
}

impl JobDetail {
    #[must_use]
    pub fn of(detail: domain::ops::JobDetail, sees_content: bool) -> Self {
        let domain::ops::JobDetail { mut job, attempts } = detail;
        let content = |value: Option<Value>| value.filter(|_| sees_content).map(Any);
        let attempt = |attempt: job_attempt::Model| JobAttempt {
            attempt: attempt.attempt,
            worker: attempt.worker,
            started_at: attempt.started_at.into(),
            finished_at: attempt.finished_at.map(Time),
            outcome: attempt.outcome.map(Into::into),
            error: attempt.error.filter(|_| sees_content),
            log: attempt.log.filter(|_| sees_content),
        };
        Self {
            attempts: attempts.into_iter().map(attempt).collect(),
            redacted: !sees_content,
            payload: content(Some(job.payload.take())),
            result: content(job.result.take()),
            progress: content(job.progress.take()),
            trace_id: job.trace_id.take(),
            job: Job::of(job.into(), sees_content),
        }
    }
}
