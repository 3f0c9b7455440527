//! The start of an attempt: only a newer claim than all before it may run the agent.

use entities::execution::{self, State};
use entities::id::{AgentId, ExecutionId};
use entities::{Timestamp, agent_version};
use jobs::{JobError, LostLease, Run, Settled};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use serde_json::Value;

use super::verdict::{is_ours, result_of};
use super::{Execution, ExecutionError, Executions};
use crate::agents::AgentError;
use crate::ports::sandbox::{ImageDigest, RunLimits, RunSpec};

/// What an attempt finds.
#[derive(Debug)]
pub enum Begun {
    /// The agent may be run.
    Run(Box<Plan>),
    /// It was over before this attempt began; the job ends like the execution did.
    Over(Settled),
}

/// All that one attempt needs.
#[derive(Debug, Clone)]
pub struct Plan {
    pub execution_id: ExecutionId,
    pub agent_id: AgentId,
    pub agent_version: i32,
    pub image: String,
    /// `None` until the version's first run has pinned it.
    pub digest: Option<ImageDigest>,
    pub input: Value,
    pub limits: RunLimits,
    /// Since when it is put off, if it was put off last time.
    pub waiting_since: Option<Timestamp>,
    /// Since when trouble that may be the image's own has been in the way, if it was in the way last time.
    pub trouble_since: Option<Timestamp>,
}

impl Plan {
    /// What the sandbox is asked to run.
    #[must_use]
    pub fn spec(self, digest: ImageDigest, run: &Run) -> RunSpec {
        RunSpec {
            execution_id: self.execution_id,
            job_id: run.job_id(),
            attempt: u32::try_from(run.attempt()).unwrap_or(0),
            image: self.image,
            digest: Some(digest),
            input: self.input,
            limits: self.limits,
        }
    }
}

impl Executions<'_> {
    /// Take the execution for this attempt. It is `queued` until the agent has [`started`](Self::started).
    ///
    /// # Errors
    /// [`ExecutionError::LostLease`] when a newer attempt has it already, or the job is not the execution's.
    pub async fn begin(&self, id: ExecutionId, run: &Run) -> Result<Begun, ExecutionError> {
        let txn = self.domain.db.write().await?;
        let found = execution::Entity::find_by_id(id).lock_exclusive().one(&*txn).await?;
        let row = found.ok_or(ExecutionError::Missing { execution: id })?;
        // What failed for our own reasons has not had its run: an operator who retries the job gets one.
        let again = row.state == State::Failed && is_ours(row.failure_code.as_deref());
        if row.state.is_final() && !again {
            return Ok(Begun::Over(ended(&row)));
        }
        // One execution has one job; another one that names it holds nothing.
        if row.job_id != run.job_id() || row.attempt >= run.attempt() {
            return Err(LostLease { job_id: run.job_id(), attempt: run.attempt() }.into());
        }
        let trouble_since = row.trouble_since.filter(|_| !again);
        let taken = execution::ActiveModel { attempt: Set(run.attempt()), ..execution::ActiveModel::default() };
        let taken = if again { anew(taken) } else { taken };
        execution::Entity::update_many().set(taken).filter(execution::Column::Id.eq(id)).exec(&*txn).await?;
        if again {
            self.tell(&txn, id, State::Queued).await?;
        }
        let version = agent_version::Entity::find_by_id((row.agent_id, row.agent_version)).one(&*txn).await?;
        let version = version.ok_or(AgentError::NoVersion { agent: row.agent_id, version: row.agent_version })?;
        txn.commit().await?;
        self.domain.changed();
        tracing::debug!(execution.id = %id, attempt = run.attempt(), image = version.image, "took execution `{id}`");
        Ok(Begun::Run(Box::new(Plan {
            execution_id: id,
            agent_id: row.agent_id,
            agent_version: row.agent_version,
            image: version.image,
            digest: version.image_digest.map(ImageDigest),
            input: row.input,
            limits: self.domain.settings.executions.clone(),
            // What failed ended its waiting with it.
            waiting_since: row.waiting_since,
            trouble_since,
        })))
    }

    /// Pin the plan's version to what its image means now, if nobody has, and note on the execution what it runs.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn pin(&self, plan: &Plan, digest: &ImageDigest) -> Result<ImageDigest, ExecutionError> {
        let pinned = self.domain.agents().pin(plan.agent_id, plan.agent_version, digest).await?;
        let txn = self.domain.db.write().await?;
        execution::Entity::update_many()
            .col_expr(execution::Column::ImageDigest, Expr::value(pinned.0.as_str()))
            .filter(execution::Column::Id.eq(plan.execution_id))
            .exec(&*txn)
            .await?;
        txn.commit().await?;
        Ok(pinned)
    }
}

/// The columns of one that waits for its first run again.
fn anew(row: execution::ActiveModel) -> execution::ActiveModel {
    execution::ActiveModel {
        state: Set(State::Queued),
        started_at: Set(None),
        failure_code: Set(None),
        failure_message: Set(None),
        finished_at: Set(None),
        trouble_since: Set(None),
        ..row
    }
}

fn ended(row: &Execution) -> Settled {
    match row.state {
        State::Failed => {
            Settled::Failed(JobError::new(row.failure_code.clone().unwrap_or_default(), row.failure_message.clone().unwrap_or_default()))
        }
        // A job that ends as cancelled although nobody asks for it any more would come back at once.
        State::Cancelled => Settled::Failed(JobError::new("cancelled", "the execution was cancelled; run the agent anew")),
        _ => Settled::Succeeded(result_of(row.id, row.output.as_ref())),
    }
}
