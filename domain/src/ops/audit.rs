//! Who did what: one line per action, in the transaction of the action.

use entities::api_audit;
use platform::Txn;
use sea_orm::{DbErr, EntityTrait as _, IntoActiveModel as _};
use serde_json::Value;

use super::Ops;
use crate::sql::{DAY_US, delete};
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

/// Somebody who acts outside of a request.
impl From<Caller> for Actor {
    fn from(caller: Caller) -> Self {
        Self { caller, request_id: None }
    }
}

/// Write the line.
pub(crate) async fn record(
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

impl Ops<'_> {
    /// Delete up to `rows_max` lines of the audit log that have been kept long enough. Answers how many; repeat until none is left.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn prune_audit(&self, rows_max: u32) -> Result<u64, DbErr> {
        let db = self.domain.db();
        let sql = format!(
            "DELETE FROM api_audit WHERE id IN (SELECT id FROM api_audit WHERE at < {} - $1 ORDER BY at LIMIT {rows_max})",
            db.engine().now_sql()
        );
        let kept_us = i64::from(self.domain.settings().keeping.api_audit_days) * DAY_US;
        delete(db, sql, [kept_us.into()]).await
    }
}
