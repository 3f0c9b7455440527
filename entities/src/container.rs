//! A container that we made on some daemon.

use sea_orm::entity::prelude::*;

use crate::id::ExecutionId;
use crate::value::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "containers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub daemon: String,
    pub uid: i64,
    pub execution_id: Option<ExecutionId>,
    pub attempt: Option<i32>,
    pub worker: String,
    pub created_at: Timestamp,
    pub removed_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
