//! The one place that moves an agent from state to state.

use entities::Address;
use entities::agent;
use entities::id::AgentId;
use platform::Txn;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;

use super::state::{Context, Event, transition};
use super::{Agent, AgentError, Agents, audit};
use crate::accounts::Caller;
use crate::events::{self, NewEvent};
use crate::idempotency::{self, Claim, Once};
use crate::json::{shortened, without_nul};
use crate::sql::is_duplicate;

/// What comes with an event.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The token that is on the chain now.
    pub token_address: Option<String>,
    /// The pool that is on the chain now.
    pub pool_address: Option<String>,
    /// Why it failed; becomes `last_error`.
    pub error: Option<String>,
}

impl Agents<'_> {
    /// Let a person move an agent of theirs.
    ///
    /// # Errors
    /// [`AgentError::Transition`] when the event means nothing in this state, or is not a person's to bring about.
    pub async fn apply(&self, caller: &Caller, id: AgentId, event: Event, claim: Option<&Claim>) -> Result<Once<Agent>, AgentError> {
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let agent = self.managed(caller, id).await?;
        if !event.is_for_people() {
            return Err(AgentError::State { agent: id, state: agent.row.state, refused: "only the chain brings this event about" });
        }
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let agent = self.advance_in(&txn, id, event, Change::default(), &caller.actor()).await?;
        idempotency::keep(&txn, claim, &agent).await?;
        txn.commit().await?;
        Ok(Once::First(agent))
    }

    /// Move an agent: state, addresses, audit and event in one transaction. `actor` is who or what brought it about.
    ///
    /// # Errors
    /// [`AgentError::Transition`] when the event means nothing in this state, [`AgentError::Address`] when what is on the chain has no address.
    pub async fn advance(&self, id: AgentId, event: Event, change: Change, actor: &str) -> Result<Agent, AgentError> {
        let txn = self.domain.db.write().await?;
        let agent = self.advance_in(&txn, id, event, change, actor).await?;
        txn.commit().await?;
        Ok(agent)
    }

    async fn advance_in(&self, txn: &Txn, id: AgentId, event: Event, change: Change, actor: &str) -> Result<Agent, AgentError> {
        let before = Agent::load(&**txn, id).await?.row;
        let next = transition(before.state, event, Context { has_token: before.token_address.is_some() })?;
        let error = change.error.as_deref().map(|text| shortened(&without_nul(text), 1_000));
        let mut row = agent::ActiveModel { state: Set(next), updated_at: Set(self.domain.now()), ..agent::ActiveModel::default() };
        for written in [&change.token_address, &change.pool_address].into_iter().flatten() {
            written.parse::<Address>().map_err(|source| AgentError::Address { written: written.clone(), source })?;
        }
        if let Some(address) = &change.token_address {
            row.token_address = Set(Some(address.clone()));
        }
        if let Some(address) = &change.pool_address {
            row.pool_address = Set(Some(address.clone()));
        }
        if event == Event::Fail {
            row.last_error = Set(error.clone());
        }
        // Only from the state that was read: on PostgreSQL somebody else may have moved it between the two statements.
        let from_there =
            agent::Entity::update_many().set(row).filter(agent::Column::Id.eq(id)).filter(agent::Column::State.eq(before.state));
        let moved = from_there.exec(&**txn).await.map_err(|error| {
            if is_duplicate(&error) {
                AgentError::AddressTaken { address: change.token_address.or(change.pool_address).unwrap_or_default() }
            } else {
                error.into()
            }
        })?;
        if moved.rows_affected == 0 {
            return Err(AgentError::State { agent: id, state: before.state, refused: "somebody else is moving it right now; look again" });
        }
        let detail = json!({ "event": event.name(), "from": before.state.name(), "to": next.name(), "error": error });
        audit::record(self.domain, txn, id, actor, "moved", Some(detail)).await?;
        let data = json!({ "agent_id": id, "agentId": id, "state": next.name(), "status": next.name(), "details": error });
        let said = NewEvent { topic: format!("agent:{id}"), event: "agentStatusUpdate", data };
        events::append(self.domain, txn, said).await?;
        Agent::load(&**txn, id).await
    }
}
