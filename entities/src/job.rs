//! One row of work.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::JobId;
use crate::value::Timestamp;

/// Where a job stands. ARCHITECTURE § 4 draws the moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waiting for its time or a free slot.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// A worker holds its lease.
    #[sea_orm(string_value = "running")]
    Running,
    /// A try failed; the next one waits for `run_at`.
    #[sea_orm(string_value = "retrying")]
    Retrying,
    #[sea_orm(string_value = "succeeded")]
    Succeeded,
    /// Retries used up, or an error that no retry mends.
    #[sea_orm(string_value = "failed")]
    Failed,
    #[sea_orm(string_value = "cancelled")]
    Cancelled,
    /// It took its worker down too often.
    #[sea_orm(string_value = "quarantined")]
    Quarantined,
}

impl State {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Retrying => "retrying",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Quarantined => "quarantined",
        }
    }
}

impl State {
    /// Whether the job will never run again by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled | Self::Quarantined)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    pub kind: String,
    pub pool: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
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
    pub lease_until: Option<Timestamp>,
    pub worker: Option<String>,
    pub cancel_requested_at: Option<Timestamp>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub progress: Option<Json>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub result: Option<Json>,
    pub error_code: Option<String>,
    pub last_error: Option<String>,
    pub resource: Option<String>,
    pub trace_id: Option<String>,
    pub created_by: Option<String>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
