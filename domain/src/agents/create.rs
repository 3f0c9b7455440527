//! A new agent: its row, its first version, its first line of audit, in one transaction.

use entities::agent::{self, State};
use entities::agent_version;
use entities::id::AgentId;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::json;

use super::{Agent, AgentDraft, AgentError, Agents, audit};
use crate::accounts::Caller;
use crate::idempotency::{self, Claim, Once};

impl Agents<'_> {
    /// Save a new agent, as a draft of the caller.
    ///
    /// # Errors
    /// [`AgentError::Draft`] with every field that is wrong, [`AgentError::TooMany`].
    pub async fn create(&self, caller: &Caller, draft: AgentDraft, claim: Option<&Claim>) -> Result<Once<Agent>, AgentError> {
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(Once::Again(earlier));
        }
        draft.check().await?;
        let image_digest = self.digest_of(&draft.image).await;
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(Once::Again(earlier));
        }
        // Two that come together are counted one after the other.
        self.domain.accounts().touch(&txn, caller.user_id).await?;
        let own = agent::Entity::find().filter(agent::Column::OwnerId.eq(caller.user_id)).filter(agent::Column::DeletedAt.is_null());
        let agents_max = self.domain.settings.agents.agents_max;
        if own.count(&*txn).await? >= agents_max.into() {
            return Err(AgentError::TooMany { agents_max });
        }
        let (id, now): (AgentId, _) = (self.domain.queue.ids().next(), self.domain.now());
        let row = agent::Model {
            id,
            owner_id: caller.user_id,
            name: draft.name,
            description: draft.description,
            category: draft.category,
            price_atomic: draft.price_atomic,
            price_mint: draft.price_mint,
            state: State::Draft,
            version: 1,
            token_address: None,
            pool_address: None,
            last_error: None,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        };
        let current = agent_version::Model {
            agent_id: id,
            version: 1,
            image: draft.image,
            image_digest,
            input_schema: draft.input_schema,
            output_schema: draft.output_schema,
            created_at: now,
        };
        agent::Entity::insert(row.clone().into_active_model()).exec_without_returning(&*txn).await?;
        agent_version::Entity::insert(current.clone().into_active_model()).exec_without_returning(&*txn).await?;
        audit::record(self.domain, &txn, id, &caller.actor(), "created", Some(json!({ "image": current.image }))).await?;
        let agent = Agent { row, current };
        idempotency::keep(&txn, claim, &agent).await?;
        txn.commit().await?;
        tracing::info!(agent.id = %id, image = agent.current.image, "created agent `{id}`");
        Ok(Once::First(agent))
    }
}
