//! One tick of a schedule: it fired, and this is the job.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::JobId;
use crate::value::Timestamp;

/// Why a schedule fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    #[sea_orm(string_value = "tick")]
    Tick,
    /// The tick passed while no scheduler ran.
    #[sea_orm(string_value = "catch_up")]
    CatchUp,
    /// Somebody asked.
    #[sea_orm(string_value = "run_now")]
    RunNow,
}

impl Reason {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tick => "tick",
            Self::CatchUp => "catch_up",
            Self::RunNow => "run_now",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "schedule_fires")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub fire_at: Timestamp,
    pub reason: Reason,
    pub job_id: JobId,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
