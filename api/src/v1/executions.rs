//! `/v1/executions`: runs of agents.

mod follow;
mod followers;
mod wire;

use domain::Domain;
use domain::entities::id::{AgentId, ExecutionId};
use domain::executions::ExecutionFilter;
use domain::ops::Actor;
use domain::paging::PageRequest;
use poem::Request;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use serde_json::Value;

use crate::auth::{Caller, Scope};
use crate::body::Body;
use crate::convention::{Accepted, IdempotencyKey, LastEventId, Operations, Prefer};
use crate::gate::RequestId;
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::{Count, Id, PageSize};

use follow::Logs;
pub use followers::Followers;
use wire::{Execution, ExecutionList, ExecutionState, LogPage, RunAgentRequest};

pub struct ExecutionsApi {
    pub domain: Domain,
    pub operations: Operations,
    pub followers: Followers,
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Executions")]
impl ExecutionsApi {
    /// Run an agent
    ///
    /// Answers at once; follow `Location`, or send `Prefer: wait=30`. Others than the agent's owner need it deployed and an entitlement.
    #[oai(path = "/executions", method = "post", operation_id = "runAgent")]
    async fn run(
        &self,
        #[oai(scope = "Scope::Run")] caller: Caller,
        /// Check everything, run nothing.
        #[oai(default)]
        validate_only: Query<bool>,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        #[oai(name = "Prefer")] prefer: Prefer,
        body: Body<RunAgentRequest>,
    ) -> Result<Accepted, Problem> {
        if validate_only.0 {
            self.domain.executions().validate(&caller, body.value.into()).await?;
            return Ok(Accepted::validated("run_agent", self.domain.now()));
        }
        let claim = key.claim(&caller, &body.document);
        let submitted = self.domain.executions().submit(&caller, body.value.into(), claim.as_ref()).await?;
        self.operations.accepted(&caller, submitted.map(|submitted| submitted.job_id), prefer).await
    }

    /// List one's own executions
    ///
    /// Where inputs and outputs are large a page ends early: go on as long as there is a `next_page_token`.
    #[oai(path = "/executions", method = "get", operation_id = "listExecutions")]
    async fn list(
        &self,
        caller: Caller,
        agent_id: Query<Option<Id<AgentId>>>,
        state: Query<Option<ExecutionState>>,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<ExecutionList>, Problem> {
        let filter = ExecutionFilter { agent_id: agent_id.0.map(|agent| agent.0), state: state.0.map(Into::into) };
        let page = PageRequest { size: page_size.0.map(i64::from), token: page_token.0 };
        let page = self.domain.executions().list(&caller, &filter, &page).await?;
        let executions = page.items.into_iter().map(Into::into).collect();
        Ok(Json(ExecutionList { executions, next_page_token: page.next_page_token }))
    }

    /// One execution
    #[oai(path = "/executions/:id", method = "get", operation_id = "getExecution")]
    async fn get(&self, caller: Caller, id: Path<Id<ExecutionId>>) -> Result<Json<Execution>, Problem> {
        Ok(Json(self.domain.executions().get(&caller, id.0.0).await?.into()))
    }

    /// What an agent wrote
    ///
    /// With `follow=true` the lines come as server-sent events while the agent runs: `line` events whose id is the line's number, and one
    /// `end` event. Come back with `Last-Event-ID`, or with `after`, to go on where you were. Only so many streams may be open at once; one more
    /// is 429.
    #[oai(path = "/executions/:id/logs", method = "get", operation_id = "getExecutionLogs")]
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    async fn logs(
        &self,
        caller: Caller,
        id: Path<Id<ExecutionId>>,
        #[oai(name = "Last-Event-ID")] seen: LastEventId,
        /// Only lines after this number.
        after: Query<Option<Count>>,
        follow: Query<Option<bool>>,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Logs, Problem> {
        let after = after.0.unwrap_or_default().signed();
        if follow.0 == Some(true) {
            // First the place: who gets none, reads nothing.
            let seat = self.followers.seat(caller.user_id)?;
            let lines = self.domain.follow(&caller, id.0.0, seen.0.unwrap_or(after)).await?;
            return Ok(Logs::follow(lines, seat));
        }
        let page = PageRequest { size: page_size.0.map(i64::from), token: page_token.0 };
        let page = self.domain.executions().logs(&caller, id.0.0, after, &page).await?;
        let lines = page.items.into_iter().map(Into::into).collect();
        Ok(Logs::Page(LogPage { lines, next_page_token: page.next_page_token }))
    }

    /// Cancel an execution
    ///
    /// A waiting one ends at once, a running one within seconds. A second request changes nothing.
    #[oai(path = "/executions/:id/cancel", method = "post", operation_id = "cancelExecution")]
    #[expect(clippy::too_many_arguments, reason = "one per parameter, and the request for its id")]
    async fn cancel(
        &self,
        #[oai(scope = "Scope::Run")] caller: Caller,
        request: &Request,
        id: Path<Id<ExecutionId>>,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        #[oai(name = "Prefer")] prefer: Prefer,
        /// Check everything, cancel nothing.
        #[oai(default)]
        validate_only: Query<bool>,
    ) -> Result<Accepted, Problem> {
        if validate_only.0 {
            self.domain.executions().may_be_cancelled(&caller, id.0.0).await?;
            return Ok(Accepted::validated("run_agent", self.domain.now()));
        }
        let claim = key.claim(&caller, &Value::Null);
        let actor = Actor { caller: caller.0, request_id: request.data::<RequestId>().map(|id| id.0.clone()) };
        let job = self.domain.executions().cancel(&actor, id.0.0, claim.as_ref()).await?;
        self.operations.accepted(&caller, job, prefer).await
    }
}
