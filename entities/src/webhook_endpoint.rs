//! Where a user wants to be told of events.

use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{UserId, WebhookId};
use crate::value::{Sealed, Timestamp};

/// Whether events are sent there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum State {
    #[sea_orm(string_value = "active")]
    Active,
    #[sea_orm(string_value = "disabled")]
    Disabled,
}

/// The events that are wanted: names, `execution.*`, or `*`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Patterns(pub Vec<String>);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WebhookId,
    pub user_id: UserId,
    pub url: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub events: Patterns,
    pub description: Option<String>,
    pub state: State,
    /// Why, for people.
    pub disabled_because: Option<String>,
    /// What requests are signed with.
    pub secret: Sealed,
    /// What they are signed with too, until then.
    pub previous_secret: Option<Sealed>,
    pub previous_secret_until: Option<Timestamp>,
    pub version: i32,
    /// The first failure after the last success, or after a pause that was longer than any between two requests of a delivery.
    pub failing_since: Option<Timestamp>,
    /// The last failure.
    pub failed_at: Option<Timestamp>,
    /// Since when events have waited for an hour and more for their first request, and it has kept its lane busy itself.
    pub behind_since: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
