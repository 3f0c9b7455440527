//! One request to an endpoint, and what came of it.

use sea_orm::entity::prelude::*;

use crate::id::DeliveryId;
use crate::value::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_attempts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub delivery_id: DeliveryId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    pub at: Timestamp,
    pub latency_ms: i32,
    /// Of the answer, if there was one.
    pub status: Option<i32>,
    /// Why there was none.
    pub error: Option<String>,
    /// Its first bytes.
    pub answer: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
