//! What operators decided about a pool; survives every restart.

use sea_orm::entity::prelude::*;

use crate::value::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pool_controls")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub pool: String,
    pub paused: bool,
    pub concurrency_max: Option<i32>,
    pub updated_at: Timestamp,
    pub updated_by: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
