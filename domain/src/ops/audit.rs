//! Who did what: one line per action, in the transaction of the action.

use entities::api_audit;
use platform::Txn;
use sea_orm::{DbErr, EntityTrait as _, IntoActiveModel as _};
use serde_json::Value;

use crate::{Caller, Domain};

/// Whoever acts.
#[derive(Debug, Clone)]
pub struct Actor {
    pub caller: Caller,
    pub request_id: Option<String>,
}

impl Actor {
    /// As audit logs spell it: `user:usr_…`.
    #[must_use]
    pub fn name(&self) -> String {
        self.caller.actor()
    }
}

/// Write the line.
pub(super) async fn record(
    domain: &Domain,
    txn: &Txn,
    actor: &Actor,
    action: &str,
    resource: Option<String>,
    detail: Option<Value>,
) -> Result<(), DbErr> {
    let line = api_audit::Model {
        id: domain.queue().ids().next(),
        at: domain.now(),
        actor: actor.name(),
        action: action.to_owned(),
        resource,
        request_id: actor.request_id.clone(),
        detail,
    };
    api_audit::Entity::insert(line.into_active_model()).exec_without_returning(&**txn).await?;
    Ok(())
}
