//! Accepting a run: what can be checked is checked first; then key, right, row, event and job are one transaction.

use entities::agent::{self, State as AgentState};
use entities::execution::{self, State};
use entities::id::{AgentId, ExecutionId, JobId};
use jobs::NewJob;
use jobs::kinds::RunAgent;
use platform::Txn;
use sea_orm::{EntityTrait as _, IntoActiveModel as _, QuerySelect as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ExecutionError, Executions};
use crate::accounts::Caller;
use crate::agents::{Agent, AgentError};
use crate::entitlements;
use crate::events::{self, NewEvent};
use crate::fault::FieldError;
use crate::idempotency::{self, Claim, Once};
use crate::json::holds_nul;
use crate::json_schema::compute;
use crate::limits::Policy;

/// What somebody wants to be run.
#[derive(Debug, Clone)]
pub struct RunRequest {
    pub agent_id: AgentId,
    /// A JSON object that meets the agent's input schema.
    pub input: Value,
}

/// An accepted run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    pub execution_id: ExecutionId,
    pub job_id: JobId,
}

impl Executions<'_> {
    /// Accept a run of an agent. It waits in the queue when this answers.
    ///
    /// # Errors
    /// [`ExecutionError::Input`], [`ExecutionError::NotEntitled`], [`ExecutionError::NotRunnable`], [`ExecutionError::NotDeployed`],
    /// [`ExecutionError::Limit`], or the agent is not there for the caller.
    pub async fn submit(&self, caller: &Caller, request: RunRequest, claim: Option<&Claim>) -> Result<Once<Submitted>, ExecutionError> {
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let (agent, input) = self.checked(caller, request).await?;
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(Once::Again(earlier));
        }
        lock_version(&txn, &agent).await?;
        self.permit(&*txn, caller, &agent).await?;
        self.domain.limits().count_in(&txn, Policy::Executions, &caller.user_id.to_string()).await?;
        let execution_id = self.domain.queue.ids().next();
        let job = NewJob::of(&RunAgent { execution_id })?.created_by(caller.actor());
        let (enqueued, wake) = self.domain.queue.enqueue_all(&txn, vec![job]).await?;
        let submitted = Submitted { execution_id, job_id: enqueued[0].id };
        self.insert(&txn, caller, &agent, input, submitted).await?;
        idempotency::keep(&txn, claim, &submitted).await?;
        jobs::commit(txn, wake).await?;
        tracing::info!(execution.id = %execution_id, agent.id = %agent.row.id, job.id = %submitted.job_id, "accepted execution `{execution_id}`");
        Ok(Once::First(submitted))
    }

    /// Check everything that [`submit`](Self::submit) checks, and do nothing.
    ///
    /// # Errors
    /// As `submit`.
    pub async fn validate(&self, caller: &Caller, request: RunRequest) -> Result<(), ExecutionError> {
        self.checked(caller, request).await.map(drop)
    }

    async fn checked(&self, caller: &Caller, request: RunRequest) -> Result<(Agent, Value), ExecutionError> {
        let agent = self.domain.agents().get(caller, request.agent_id).await?;
        self.permit(self.domain.db.connection(), caller, &agent).await?;
        let refuse =
            |detail: String| ExecutionError::Input { agent: agent.row.id, fields: vec![FieldError { pointer: "/input".into(), detail }] };
        let (bytes, bytes_max) = (request.input.to_string().len(), self.domain.settings.executions.input_bytes_max as usize);
        if bytes > bytes_max {
            return Err(refuse(format!("has {bytes} bytes of JSON; at most {bytes_max} are allowed")));
        }
        if !request.input.is_object() {
            return Err(refuse("must be a JSON object".into()));
        }
        if holds_nul(&request.input) {
            return Err(refuse("must not contain the character NUL".into()));
        }
        let stored = |source| AgentError::StoredSchema { agent: agent.row.id, source };
        let schemas = self.domain.schemas.of(&agent.current).await.map_err(stored)?;
        let (input, fields) = compute(move || {
            let fields = schemas.input.errors(&request.input, "/input");
            (request.input, fields)
        })
        .await;
        if fields.is_empty() { Ok((agent, input)) } else { Err(ExecutionError::Input { agent: agent.row.id, fields }) }
    }

    /// Owner and architects run an agent in every state but two; everybody else needs it deployed and an entitlement.
    async fn permit(&self, db: &impl sea_orm::ConnectionTrait, caller: &Caller, agent: &Agent) -> Result<(), ExecutionError> {
        if matches!(agent.row.state, AgentState::Archived | AgentState::Failed) {
            return Err(ExecutionError::NotRunnable { agent: agent.row.id, state: agent.row.state });
        }
        if agent.is_managed_by(caller) {
            return Ok(());
        }
        if entitlements::held(db, agent.row.id, caller.user_id).await?.is_none() {
            return Err(ExecutionError::NotEntitled { agent: agent.row.id });
        }
        match agent.row.state {
            AgentState::Deployed => Ok(()),
            state => Err(ExecutionError::NotDeployed { agent: agent.row.id, state }),
        }
    }

    async fn insert(&self, txn: &Txn, caller: &Caller, agent: &Agent, input: Value, submitted: Submitted) -> Result<(), ExecutionError> {
        let row = execution::Model {
            id: submitted.execution_id,
            agent_id: agent.row.id,
            agent_version: agent.row.version,
            user_id: caller.user_id,
            job_id: submitted.job_id,
            state: State::Queued,
            attempt: 0,
            input,
            output: None,
            failure_code: None,
            failure_message: None,
            exit_code: None,
            image_digest: agent.current.image_digest.clone(),
            log_bytes: 0,
            isolation: None,
            usage: None,
            cancel_requested_at: None,
            created_at: self.domain.now(),
            started_at: None,
            finished_at: None,
            trouble_since: None,
            waiting_for: None,
            waiting_since: None,
        };
        execution::Entity::insert(row.into_active_model()).exec_without_returning(&**txn).await?;
        self.tell(txn, submitted.execution_id, State::Queued).await
    }

    /// Say on the execution's topic in which state it is now, in the transaction that brings it there.
    pub(super) async fn tell(&self, txn: &Txn, id: ExecutionId, state: State) -> Result<(), ExecutionError> {
        let data = json!({ "execution_id": id, "state": state.name() });
        events::append(self.domain, txn, NewEvent { topic: format!("execution:{id}"), event: "executionStateUpdate", data }).await?;
        Ok(())
    }
}

/// Hold the agent as it was read until the commit.
async fn lock_version(txn: &Txn, read: &Agent) -> Result<(), ExecutionError> {
    let now = agent::Entity::find_by_id(read.row.id).lock_shared().one(&**txn).await?;
    let same = now.is_some_and(|now| now.version == read.row.version && now.state == read.row.state && now.deleted_at.is_none());
    if same { Ok(()) } else { Err(ExecutionError::AgentChanged { agent: read.row.id }) }
}
