//! One event on its way to one endpoint.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{DeliveryId, EventId, JobId, WebhookId};
use crate::value::Timestamp;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits for its first or its next try.
    #[sea_orm(string_value = "queued")]
    Queued,
    #[sea_orm(string_value = "delivered")]
    Delivered,
    #[sea_orm(string_value = "failed")]
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeliveryId,
    pub endpoint_id: WebhookId,
    /// The receiver knows it by this id, however often it comes.
    pub event_id: EventId,
    /// `execution.succeeded`
    pub event: String,
    /// The bytes that are signed and sent.
    pub payload: String,
    pub state: State,
    /// Whose turn it is; jobs of earlier schedules leave it alone.
    pub job_id: JobId,
    /// Requests that were sent, all schedules together.
    pub attempts: i32,
    /// Requests of this schedule.
    pub tries: i32,
    pub tries_max: i32,
    pub next_at: Option<Timestamp>,
    pub error: Option<String>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
