//! A job as lists show it: without what it was given, what came of it and how far it is, which may be megabytes.

use entities::Timestamp;
use entities::id::JobId;
use entities::job::{Column, Model, State};
use sea_orm::FromQueryResult;

/// A job without payload, result and progress.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct JobSummary {
    pub id: JobId,
    pub kind: String,
    pub pool: String,
    pub state: State,
    pub priority: i16,
    pub run_at: Timestamp,
    pub attempt: i32,
    pub failures: i32,
    pub failures_max: i32,
    pub deaths: i32,
    pub deaths_max: i32,
    pub unique_key: Option<String>,
    pub concurrency_key: Option<String>,
    pub worker: Option<String>,
    pub cancel_requested_at: Option<Timestamp>,
    pub error_code: Option<String>,
    pub last_error: Option<String>,
    pub resource: Option<String>,
    pub created_by: Option<String>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}

impl JobSummary {
    /// What is read of each row.
    pub(super) const COLUMNS: [Column; 22] = [
        Column::Id,
        Column::Kind,
        Column::Pool,
        Column::State,
        Column::Priority,
        Column::RunAt,
        Column::Attempt,
        Column::Failures,
        Column::FailuresMax,
        Column::Deaths,
        Column::DeathsMax,
        Column::UniqueKey,
        Column::ConcurrencyKey,
        Column::Worker,
        Column::CancelRequestedAt,
        Column::ErrorCode,
        Column::LastError,
        Column::Resource,
        Column::CreatedBy,
        Column::CreatedAt,
        Column::StartedAt,
        Column::FinishedAt,
    ];
}

impl From<Model> for JobSummary {
    fn from(job: Model) -> Self {
        Self {
            id: job.id,
            kind: job.kind,
            pool: job.pool,
            state: job.state,
            priority: job.priority,
            run_at: job.run_at,
            attempt: job.attempt,
            failures: job.failures,
            failures_max: job.failures_max,
            deaths: job.deaths,
            deaths_max: job.deaths_max,
            unique_key: job.unique_key,
            concurrency_key: job.concurrency_key,
            worker: job.worker,
            cancel_requested_at: job.cancel_requested_at,
            error_code: job.error_code,
            last_error: job.last_error,
            resource: job.resource,
            created_by: job.created_by,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_large_is_read_for_a_list() {
        let large = |column: &Column| matches!(column, Column::Payload | Column::Result | Column::Progress);
        assert!(!JobSummary::COLUMNS.iter().any(large));
    }
}
