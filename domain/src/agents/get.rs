//! One agent.

use entities::id::AgentId;

use super::{Agent, AgentError, Agents};
use crate::accounts::Caller;

impl Agents<'_> {
    /// # Errors
    /// [`AgentError::Missing`] when there is none, or none that the caller may know of.
    pub async fn get(&self, caller: &Caller, id: AgentId) -> Result<Agent, AgentError> {
        let agent = Agent::load(self.domain.db.connection(), id).await?;
        if agent.is_visible_to(caller) { Ok(agent) } else { Err(AgentError::Missing { agent: id }) }
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
