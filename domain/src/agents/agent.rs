//! An agent with its current version, and who may see it.

use entities::agent::{self, State};
use entities::agent_version;
use entities::id::AgentId;
use platform::Txn;
use sea_orm::{ConnectionTrait, EntityTrait as _, QuerySelect as _};
use serde::{Deserialize, Serialize};

use super::AgentError;
use crate::accounts::Caller;

/// An agent as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    pub row: agent::Model,
    /// What it runs at `row.version`.
    pub current: agent_version::Model,
}

impl Agent {
    /// Whether the caller decides over the agent: its owner, or an architect.
    #[must_use]
    pub fn is_managed_by(&self, caller: &Caller) -> bool {
        self.row.owner_id == caller.user_id || caller.is_architect()
    }

    /// Whether the caller may know that the agent is there, even without an entitlement.
    #[must_use]
    pub fn is_visible_to(&self, caller: &Caller) -> bool {
        self.row.state == State::Deployed || self.is_managed_by(caller)
    }

    pub(crate) async fn load(db: &impl ConnectionTrait, id: AgentId) -> Result<Self, AgentError> {
        let row = agent::Entity::find_by_id(id).one(db).await?.filter(|row| row.deleted_at.is_none());
        let row = row.ok_or(AgentError::Missing { agent: id })?;
        let current = agent_version::Entity::find_by_id((id, row.version)).one(db).await?;
        let current = current.ok_or(AgentError::NoVersion { agent: id, version: row.version })?;
        Ok(Self { row, current })
    }

    /// The version that the agent is at, and at which it stays until the transaction ends.
    pub(super) async fn lock_version(txn: &Txn, id: AgentId) -> Result<i32, AgentError> {
        let row = agent::Entity::find_by_id(id).lock_exclusive().one(&**txn).await?.filter(|row| row.deleted_at.is_none());
        row.map(|row| row.version).ok_or(AgentError::Missing { agent: id })
    }
}
