//! One agent.

use entities::id::AgentId;

use super::{Agent, AgentError, Agents};
use crate::accounts::Caller;
use crate::entitlements;

impl Agents<'_> {
    /// The agent, for whoever may see it. Who holds an entitlement knows of it in every state.
    ///
    /// # Errors
    /// [`AgentError::Missing`] when there is none, or none that the caller may know of.
    pub async fn get(&self, caller: &Caller, id: AgentId) -> Result<Agent, AgentError> {
        let db = self.domain.db.connection();
        let agent = Agent::load(db, id).await?;
        if agent.is_visible_to(caller) || entitlements::held(db, id, caller.user_id).await?.is_some() {
            return Ok(agent);
        }
        Err(AgentError::Missing { agent: id })
    }

    /// The agent for somebody who wants to change it.
    ///
    /// # Errors
    /// [`AgentError::Missing`] also when the caller may see it and no more: what is changed there is somebody else's.
    pub(crate) async fn managed(&self, caller: &Caller, id: AgentId) -> Result<Agent, AgentError> {
        let agent = Agent::load(self.domain.db.connection(), id).await?;
        if agent.is_managed_by(caller) { Ok(agent) } else { Err(AgentError::Missing { agent: id }) }
    }
}
