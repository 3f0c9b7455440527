//! What was done to an agent, and by whom.

use entities::agent_audit;
use entities::id::{AgentId, AuditId};
use platform::Txn;
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde_json::Value;

use super::{AgentError, Agents, AuditEntry};
use crate::accounts::Caller;
use crate::context::Domain;
use crate::paging::{Page, PageRequest};

/// Write a line of the audit log into the transaction of the change.
pub(crate) async fn record(
    domain: &Domain,
    txn: &Txn,
    agent_id: AgentId,
    actor: &str,
    action: &str,
    detail: Option<Value>,
) -> Result<(), DbErr> {
    let entry = agent_audit::Model {
        id: domain.queue.ids().next(),
        agent_id,
        at: domain.now(),
        actor: actor.to_owned(),
        action: action.to_owned(),
        detail,
    };
    agent_audit::Entity::insert(entry.into_active_model()).exec_without_returning(&**txn).await?;
    Ok(())
}

impl Agents<'_> {
    /// The audit log of an agent, newest first, for its owner and architects.
    ///
    /// # Errors
    /// [`AgentError::Missing`] for everybody else.
    pub async fn audit(&self, caller: &Caller, agent_id: AgentId, page: &PageRequest) -> Result<Page<AuditEntry>, AgentError> {
        let db = self.domain.db.connection();
        self.managed(caller, agent_id).await?;
        let mut find = agent_audit::Entity::find().filter(agent_audit::Column::AgentId.eq(agent_id));
        if let Some(after) = page.after::<AuditId>("agent audit", &agent_id)? {
            find = find.filter(agent_audit::Column::Id.lt(after));
        }
        let rows = find.order_by_desc(agent_audit::Column::Id).limit(page.rows_max()? + 1).all(db).await?;
        Ok(page.page("agent audit", &agent_id, rows, |entry| entry.id)?)
    }
}
