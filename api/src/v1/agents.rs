//! `/v1/agents`: what developers sell.

mod wire;

use domain::Domain;
use domain::agents::AgentFilter;
use domain::entities::id::{AgentId, UserId};
use domain::paging::PageRequest;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;

use crate::auth::Caller;
use crate::body::Body;
use crate::convention::{Created, Deleted, IdempotencyKey, IfMatch, Versioned};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::{Id, PageSize};

pub(crate) use wire::mirrored;
use wire::{Agent, AgentCategory, AgentEventRequest, AgentList, AgentRequest, AgentState, AuditList, Stats};

pub struct AgentsApi {
    pub domain: Domain,
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Agents")]
impl AgentsApi {
    /// Create an agent
    ///
    /// It is a draft of the caller's; its owner and architects can run it at once.
    #[oai(path = "/agents", method = "post", operation_id = "createAgent")]
    async fn create(
        &self,
        caller: Caller,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        body: Body<AgentRequest>,
    ) -> Result<Created<Agent>, Problem> {
        let claim = key.claim(&caller, &body.document);
        let agent = self.domain.agents().create(&caller, body.value.into(), claim.as_ref()).await?;
        let (location, version) = (format!("/v1/agents/{}", agent.get().row.id), agent.get().row.version);
        Ok(Created::at(location, agent, |agent| Agent::shown_to(&caller, agent)).version(version))
    }

    /// List agents
    ///
    /// Deployed ones, and the caller's own in every state. Where schemas are large a page ends early: go on as long as there is a
    /// `next_page_token`.
    #[oai(path = "/agents", method = "get", operation_id = "listAgents")]
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    async fn list(
        &self,
        caller: Caller,
        state: Query<Option<AgentState>>,
        category: Query<Option<AgentCategory>>,
        /// The id of the user whose they are.
        owner: Query<Option<Id<UserId>>>,
        /// The address of the pool.
        pool_id: Query<Option<String>>,
        /// The address of the token.
        token: Query<Option<String>>,
        /// Words that stand in name or description, all of them.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<AgentList>, Problem> {
        let filter = AgentFilter {
            state: state.0.map(Into::into),
            category: category.0.map(Into::into),
            owner: owner.0.map(|owner| owner.0),
            pool_id: pool_id.0,
            token: token.0,
            q: q.0,
        };
        let page = PageRequest { size: page_size.0.map(i64::from), token: page_token.0 };
        let page = self.domain.agents().list(&caller, &filter, &page).await?;
        let agents = page.items.into_iter().map(|agent| Agent::shown_to(&caller, agent)).collect();
        Ok(Json(AgentList { agents, next_page_token: page.next_page_token }))
    }

    /// One agent
    #[oai(path = "/agents/:id", method = "get", operation_id = "getAgent")]
    async fn get(&self, caller: Caller, id: Path<Id<AgentId>>) -> Result<Versioned<Agent>, Problem> {
        let agent = self.domain.agents().get(&caller, id.0.0).await?;
        let version = agent.row.version;
        Ok(Versioned::new(Agent::shown_to(&caller, agent), version))
    }

    /// Change an agent
    ///
    /// Makes its next version. Send the `ETag` that you have read as `If-Match`, so that nobody's change is lost.
    #[oai(path = "/agents/:id", method = "put", operation_id = "updateAgent")]
    async fn update(
        &self,
        caller: Caller,
        id: Path<Id<AgentId>>,
        #[oai(name = "If-Match")] seen: IfMatch,
        body: Body<AgentRequest>,
    ) -> Result<Versioned<Agent>, Problem> {
        let agent = self.domain.agents().update(&caller, id.0.0, body.value.into(), seen.version).await?;
        let version = agent.row.version;
        Ok(Versioned::new(Agent::shown_to(&caller, agent), version))
    }

    /// Delete an agent
    ///
    /// Nobody sees it any more; its executions stay. A deployed agent is deactivated first.
    #[oai(path = "/agents/:id", method = "delete", operation_id = "deleteAgent")]
    async fn delete(&self, caller: Caller, id: Path<Id<AgentId>>, #[oai(name = "If-Match")] seen: IfMatch) -> Result<Deleted, Problem> {
        self.domain.agents().delete(&caller, id.0.0, seen.version).await?;
        Ok(Deleted::Gone)
    }

    /// Move an agent
    ///
    /// Start, cancel or retry its deployment, deactivate or archive it.
    #[oai(path = "/agents/:id/events", method = "post", operation_id = "moveAgent")]
    async fn apply(
        &self,
        caller: Caller,
        id: Path<Id<AgentId>>,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        body: Body<AgentEventRequest>,
    ) -> Result<Versioned<Agent>, Problem> {
        let claim = key.claim(&caller, &body.document);
        let agent = self.domain.agents().apply(&caller, id.0.0, body.value.event.into(), claim.as_ref()).await?;
        let (version, replayed) = (agent.get().row.version, agent.is_replay());
        Ok(Versioned::new(Agent::shown_to(&caller, agent.into_inner()), version).replayed(replayed))
    }

    /// How an agent has done
    #[oai(path = "/agents/:id/stats", method = "get", operation_id = "getAgentStats")]
    async fn stats(
        &self,
        caller: Caller,
        id: Path<Id<AgentId>>,
        /// One version; absent for all of them.
        #[oai(validator(minimum(value = "1")))]
        version: Query<Option<i32>>,
    ) -> Result<Json<Stats>, Problem> {
        let stats = self.domain.agents().stats(&caller, id.0.0, version.0).await?;
        Ok(Json(Stats::of(id.0.0, version.0, &stats)))
    }

    /// What was done to an agent
    #[oai(path = "/agents/:id/audit", method = "get", operation_id = "listAgentAudit")]
    async fn audit(
        &self,
        caller: Caller,
        id: Path<Id<AgentId>>,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<AuditList>, Problem> {
        let page = PageRequest { size: page_size.0.map(i64::from), token: page_token.0 };
        let page = self.domain.agents().audit(&caller, id.0.0, &page).await?;
        Ok(Json(AuditList { entries: page.items.into_iter().map(Into::into).collect(), next_page_token: page.next_page_token }))
    }
}
