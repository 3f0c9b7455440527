//! Saying that something happened.

use entities::event;
use platform::Txn;
use sea_orm::{DbErr, EntityTrait as _, IntoActiveModel as _};
use serde_json::Value;

use crate::context::Domain;

/// An event before it is a row.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// `execution:exe_…`, `agent:agt_…`
    pub topic: String,
    /// What happened, in camel case as the sources' clients know it: `executionStateUpdate`.
    pub event: &'static str,
    pub data: Value,
}

/// Add the event to the transaction of the change that it tells of.
///
/// # Errors
/// When the database refuses; the transaction is spoilt then.
pub async fn append(domain: &Domain, txn: &Txn, new: NewEvent) -> Result<(), DbErr> {
    let row = event::Model {
        id: domain.queue.ids().next(),
        topic: new.topic,
        seq: None,
        event: new.event.to_owned(),
        data: new.data,
        created_at: domain.now(),
    };
    event::Entity::insert(row.into_active_model()).exec_without_returning(&**txn).await?;
    Ok(())
}
