//! An entry of the crontab.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::value::Timestamp;

/// What to do about ticks that passed while no scheduler ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum CatchUp {
    /// Forget them.
    #[sea_orm(string_value = "skip")]
    Skip,
    /// Fire the last of them once.
    #[sea_orm(string_value = "latest")]
    Latest,
    /// Fire each of them, up to the bound of the scheduler.
    #[sea_orm(string_value = "all")]
    All,
}

impl CatchUp {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Latest => "latest",
            Self::All => "all",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "schedules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub kind: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    pub cron: String,
    pub timezone: String,
    pub catch_up: CatchUp,
    pub paused: bool,
    pub considered_until: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
