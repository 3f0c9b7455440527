//! The end of an attempt: result, measures, event and the job's end are one transaction, and only the newest attempt may write it.

use entities::agent_version;
use entities::execution::{self, State};
use entities::id::ExecutionId;
use jobs::{LostLease, Run};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::Value;

use super::verdict::Verdict;
use super::{ExecutionError, Executions, Plan};
use crate::agents::AgentError;
use crate::json::without_nul;
use crate::json_schema::compute;
use crate::ports::sandbox::{Ending, Exit, Failure};

impl Executions<'_> {
    /// Record how the run ended, and end the job with it.
    ///
    /// # Errors
    /// [`ExecutionError::LostLease`] when another attempt has the execution by now: nothing is recorded then.
    pub async fn finish(&self, plan: &Plan, exit: Exit, run: &Run) -> Result<State, ExecutionError> {
        let version = agent_version::Entity::find_by_id((plan.agent_id, plan.agent_version)).one(self.domain.db.connection()).await?;
        let version = version.ok_or(AgentError::NoVersion { agent: plan.agent_id, version: plan.agent_version })?;
        let stored = |source| AgentError::StoredSchema { agent: plan.agent_id, source };
        let schemas = self.domain.schemas.of(&version).await.map_err(stored)?;
        let (exit, verdict) = compute(move || {
            let verdict = Verdict::of(&exit, &schemas.output);
            (exit, verdict)
        })
        .await;
        let usage =
            serde_json::to_value(&exit.usage).map_err(|source| ExecutionError::Unwritable { execution: plan.execution_id, source })?;
        let measures = execution::ActiveModel {
            exit_code: Set(exit.exit_code),
            log_bytes: Set(i64::try_from(exit.log_bytes).unwrap_or(i64::MAX)),
            isolation: Set(Some(storable(exit.isolation))),
            usage: Set(Some(usage)),
            ..verdict.columns()
        };
        self.end(plan.execution_id, verdict, measures, run).await
    }

    /// Record that the image cannot be run: nothing ran and nothing was measured.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub async fn refuse(&self, id: ExecutionId, failure: &Failure, run: &Run) -> Result<State, ExecutionError> {
        let verdict = Verdict::failed(failure);
        let columns = verdict.columns();
        self.end(id, verdict, columns, run).await
    }

    /// Record that the run could not be carried out, through no fault of the agent's. An operator who retries the job gives it another one.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub async fn give_up(&self, id: ExecutionId, because: &str, run: &Run) -> Result<State, ExecutionError> {
        let verdict = Verdict::infrastructure(because);
        let columns = verdict.columns();
        self.end(id, verdict, columns, run).await
    }

    async fn end(&self, id: ExecutionId, verdict: Verdict, columns: execution::ActiveModel, run: &Run) -> Result<State, ExecutionError> {
        let state = verdict.state();
        let columns = execution::ActiveModel { finished_at: Set(Some(self.domain.now())), ..columns };
        let txn = self.domain.db.write().await?;
        let written = execution::Entity::update_many()
            .set(columns)
            .filter(execution::Column::Id.eq(id))
            .filter(execution::Column::Attempt.eq(run.attempt()))
            .filter(execution::Column::State.is_in([State::Queued, State::Running]))
            .exec(&*txn)
            .await?;
        if written.rows_affected == 0 {
            return Err(LostLease { job_id: run.job_id(), attempt: run.attempt() }.into());
        }
        self.tell(&txn, id, state).await?;
        run.settle_in(&txn, verdict.settled(id)).await?;
        txn.commit().await?;
        self.domain.changed();
        tracing::info!(execution.id = %id, attempt = run.attempt(), state = state.name(), "execution `{id}` ended");
        Ok(state)
    }
}

impl Exit {
    /// Whether the sandbox was told to stop before the agent ended.
    #[must_use]
    pub fn was_stopped(&self) -> bool {
        self.ending == Ending::Cancelled
    }
}

fn storable(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(without_nul(&text)),
        Value::Array(items) => items.into_iter().map(storable).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (without_nul(&name), storable(value))).collect(),
        plain => plain,
    }
}
