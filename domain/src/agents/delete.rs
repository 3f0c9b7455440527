//! An agent that nobody sees any more. Its executions stay.

use entities::agent::{self, State};
use entities::id::AgentId;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::{Agent, AgentError, Agents, audit};
use crate::accounts::Caller;

impl Agents<'_> {
    /// Take the agent out of sight for good. `expected` is the version that the caller has read; without it, whichever it is at.
    ///
    /// # Errors
    /// [`AgentError::State`] while it is deployed, [`AgentError::OtherVersion`] when somebody changed it meanwhile.
    pub async fn delete(&self, caller: &Caller, id: AgentId, expected: Option<i32>) -> Result<(), AgentError> {
        self.managed(caller, id).await?;
        let now = self.domain.now();
        let txn = self.domain.db.write().await?;
        let version = match expected {
            Some(expected) => expected,
            None => Agent::lock_version(&txn, id).await?,
        };
        let deleted = agent::Entity::update_many()
            .col_expr(agent::Column::DeletedAt, Expr::value(now))
            .col_expr(agent::Column::UpdatedAt, Expr::value(now))
            .filter(agent::Column::Id.eq(id))
            .filter(agent::Column::Version.eq(version))
            .filter(agent::Column::State.ne(State::Deployed))
            .filter(agent::Column::DeletedAt.is_null())
            .exec(&*txn)
            .await?;
        if deleted.rows_affected == 0 {
            let row = Agent::load(&*txn, id).await?.row;
            return Err(match row.state {
                State::Deployed => AgentError::State { agent: id, state: row.state, refused: "deactivate it before you delete it" },
                _ => AgentError::OtherVersion { agent: id, expected: version, current: row.version },
            });
        }
        audit::record(self.domain, &txn, id, &caller.actor(), "deleted", None).await?;
        txn.commit().await?;
        Ok(())
    }
}
