//! Agents by what is known of them.

use std::collections::HashMap;

use entities::agent::{self, Category, State};
use entities::agent_version;
use entities::id::{AgentId, UserId};
use platform::Engine;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Value};
use serde::Serialize;

use super::{Agent, AgentError, Agents};
use crate::accounts::Caller;
use crate::json::bytes_of;
use crate::paging::{Page, PageRequest};

/// What the agents of a list have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AgentFilter {
    pub state: Option<State>,
    pub category: Option<Category>,
    pub owner: Option<UserId>,
    /// The address of the pool.
    pub pool_id: Option<String>,
    /// The address of the token.
    pub token: Option<String>,
    /// Words that stand in name or description, all of them.
    pub q: Option<String>,
}

impl Agents<'_> {
    /// The agents that the filter describes, newest first: deployed ones, and the caller's own in every state. Where
    /// schemas are large a page ends early.
    ///
    /// # Errors
    /// [`AgentError::Page`] when the page cannot be told.
    pub async fn list(&self, caller: &Caller, filter: &AgentFilter, page: &PageRequest) -> Result<Page<Agent>, AgentError> {
        let db = self.domain.db.connection();
        let visible = Condition::any().add(agent::Column::State.eq(State::Deployed)).add(agent::Column::OwnerId.eq(caller.user_id));
        let mut wanted = Condition::all()
            .add(agent::Column::DeletedAt.is_null())
            .add(visible)
            .add_option(filter.state.map(|state| agent::Column::State.eq(state)))
            .add_option(filter.category.map(|category| agent::Column::Category.eq(category)))
            .add_option(filter.owner.map(|owner| agent::Column::OwnerId.eq(owner)))
            .add_option(filter.pool_id.as_deref().map(|pool| agent::Column::PoolAddress.eq(pool)))
            .add_option(filter.token.as_deref().map(|token| agent::Column::TokenAddress.eq(token)));
        if let Some(words) = filter.q.as_deref().map(str::trim).filter(|words| !words.is_empty()) {
            wanted = wanted.add(self.found(words));
        }
        let mut filling = page.filling("agents", filter, self.domain.settings.lists.page_bytes_max)?;
        while let Some((after, rows_max)) = filling.wants() {
            let behind = wanted.clone().add_option(after.map(|after: AgentId| agent::Column::Id.lt(after)));
            let find = agent::Entity::find().filter(behind).order_by_desc(agent::Column::Id).limit(rows_max);
            filling.add(self.with_versions(find.all(db).await?).await?, |agent| (agent.row.id, bytes_of_agent(agent)));
        }
        Ok(filling.page("agents", filter))
    }

    async fn with_versions(&self, rows: Vec<agent::Model>) -> Result<Vec<Agent>, AgentError> {
        let mut versions = self.versions(&rows).await?;
        let with_version = |row: agent::Model| {
            let current = versions.remove(&row.id);
            current.ok_or(AgentError::NoVersion { agent: row.id, version: row.version }).map(|current| Agent { row, current })
        };
        rows.into_iter().map(with_version).collect()
    }

    fn found(self, words: &str) -> Expr {
        match self.domain.db.engine() {
            Engine::Sqlite => {
                let sql = r#""agents"."id" IN (SELECT agent_id FROM agents_fts JOIN agent_numbers ON number = agents_fts.rowid WHERE agents_fts MATCH ?)"#;
                Expr::cust_with_values(sql, [quoted(words)])
            }
            Engine::Postgres => {
                let sql = r"to_tsvector('simple', name || ' ' || description) @@ plainto_tsquery('simple', $1)";
                Expr::cust_with_values(sql, [words.replace('\0', " ")])
            }
        }
    }

    /// The versions that these rows name. By now the agents may be at later ones.
    async fn versions(&self, rows: &[agent::Model]) -> Result<HashMap<AgentId, agent_version::Model>, AgentError> {
        if rows.is_empty() {
            return Ok(HashMap::new());
        }
        let pairs: Vec<String> = match self.domain.db.engine() {
            Engine::Sqlite => vec!["(?, ?)".to_owned(); rows.len()],
            Engine::Postgres => (1..=rows.len()).map(|nth| format!("(${}, ${})", 2 * nth - 1, 2 * nth)).collect(),
        };
        let values: Vec<Value> = rows.iter().flat_map(|row| [row.id.into(), row.version.into()]).collect();
        let of_them = Expr::cust_with_values(format!("(agent_id, version) IN (VALUES {})", pairs.join(", ")), values);
        let found = agent_version::Entity::find().filter(of_them).all(self.domain.db.connection()).await?;
        Ok(found.into_iter().map(|version| (version.agent_id, version)).collect())
    }
}

/// What of an agent may be large.
fn bytes_of_agent(agent: &Agent) -> usize {
    agent.row.description.len() + bytes_of(&agent.current.input_schema) + bytes_of(&agent.current.output_schema)
}

/// Each word as a literal of FTS5, so that nothing in it is an operator.
fn quoted(words: &str) -> String {
    let plain = words.replace('\0', " ");
    let words: Vec<_> =
        plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(|word| format!("\"{word}\"")).collect();
    if words.is_empty() { "\"\"".into() } else { words.join(" ") }
}
