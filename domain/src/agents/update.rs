//! A changed agent: the next version, unless somebody was faster.

use entities::agent::{self, State};
use entities::agent_version;
use entities::id::AgentId;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};
use serde_json::json;

use super::{Agent, AgentDraft, AgentError, Agents, audit};
use crate::accounts::Caller;

impl Agents<'_> {
    /// Save the agent anew as its next version. `expected` is the version that the caller has read; without it the last writer wins.
    ///
    /// # Errors
    /// [`AgentError::OtherVersion`] when somebody was faster, [`AgentError::State`] when the agent is archived,
    /// [`AgentError::TooManyVersions`].
    pub async fn update(&self, caller: &Caller, id: AgentId, draft: AgentDraft, expected: Option<i32>) -> Result<Agent, AgentError> {
        let before = self.managed(caller, id).await?;
        if before.row.state == State::Archived {
            return Err(AgentError::State { agent: id, state: before.row.state, refused: "it changes no more" });
        }
        if let Some(expected) = expected.filter(|expected| *expected != before.row.version) {
            return Err(AgentError::OtherVersion { agent: id, expected, current: before.row.version });
        }
        draft.check().await?;
        let image_digest = self.digest_of(&draft.image).await;
        let now = self.domain.now();
        let txn = self.domain.db.write().await?;
        let read = match expected {
            Some(expected) => expected,
            None => Agent::lock_version(&txn, id).await?,
        };
        let (version, versions_max) = (read + 1, self.domain.settings.agents.versions_max);
        if i64::from(version) > i64::from(versions_max) {
            return Err(AgentError::TooManyVersions { agent: id, versions_max });
        }
        let changes = agent::ActiveModel {
            name: Set(draft.name),
            description: Set(draft.description),
            category: Set(draft.category),
            price_atomic: Set(draft.price_atomic),
            price_mint: Set(draft.price_mint),
            version: Set(version),
            updated_at: Set(now),
            ..agent::ActiveModel::default()
        };
        let written = agent::Entity::update_many()
            .set(changes)
            .filter(agent::Column::Id.eq(id))
            .filter(agent::Column::Version.eq(read))
            .filter(agent::Column::State.ne(State::Archived))
            .filter(agent::Column::DeletedAt.is_null())
            .exec(&*txn)
            .await?;
        if written.rows_affected == 0 {
            let row = Agent::load(&*txn, id).await?.row;
            return Err(match row.state {
                State::Archived => AgentError::State { agent: id, state: row.state, refused: "it changes no more" },
                _ => AgentError::OtherVersion { agent: id, expected: read, current: row.version },
            });
        }
        let current = agent_version::Model {
            agent_id: id,
            version,
            image: draft.image,
            image_digest,
            input_schema: draft.input_schema,
            output_schema: draft.output_schema,
            created_at: now,
        };
        agent_version::Entity::insert(current.into_active_model()).exec_without_returning(&*txn).await?;
        audit::record(self.domain, &txn, id, &caller.actor(), "updated", Some(json!({ "version": version }))).await?;
        let agent = Agent::load(&*txn, id).await?;
        txn.commit().await?;
        Ok(agent)
    }
}
