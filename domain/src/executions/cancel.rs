//! Asking for the end of a run: at once when it waits, through its worker when it runs.

use entities::execution::{self, State};
use entities::id::{ExecutionId, JobId};
use entities::job;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use serde_json::json;

use super::verdict::Verdict;
use super::{Execution, ExecutionError, Executions};
use crate::accounts::Caller;
use crate::idempotency::{self, Claim, Once};
use crate::ops::{Actor, audit};

impl Executions<'_> {
    /// Ask for the end of a run; answers the job that carries it out. A second request changes nothing. Of an architect who ends somebody
    /// else's run a line is kept.
    ///
    /// # Errors
    /// [`ExecutionError::Over`] when it has succeeded or failed already.
    pub async fn cancel(&self, actor: &Actor, id: ExecutionId, claim: Option<&Claim>) -> Result<Once<JobId>, ExecutionError> {
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(Once::Again(earlier));
        }
        self.get(&actor.caller, id).await?;
        let now = self.domain.now();
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let found = execution::Entity::find_by_id(id).lock_exclusive().one(&*txn).await?;
        let row = found.ok_or(ExecutionError::Missing { execution: id })?;
        if cancelled_already(&row)? {
            idempotency::keep(&txn, claim, &row.job_id).await?;
            txn.commit().await?;
            return Ok(Once::First(row.job_id));
        }
        if row.user_id != actor.caller.user_id && row.cancel_requested_at.is_none() {
            let detail = json!({ "user_id": row.user_id });
            audit::record(self.domain, &txn, actor, "cancel_execution", Some(format!("/v1/executions/{id}")), Some(detail)).await?;
        }
        let wake = self.domain.queue.cancel(&txn, row.job_id).await?;
        let job_state: Option<job::State> =
            job::Entity::find_by_id(row.job_id).select_only().column(job::Column::State).into_tuple().one(&*txn).await?;
        let this = || execution::Entity::update_many().filter(execution::Column::Id.eq(id));
        if row.cancel_requested_at.is_none() {
            this().col_expr(execution::Column::CancelRequestedAt, Expr::value(now)).exec(&*txn).await?;
        }
        // A job that no worker holds has ended in this transaction, and nobody else would end its execution.
        if job_state == Some(job::State::Cancelled) {
            let over = execution::ActiveModel { finished_at: Set(Some(now)), ..Verdict::Cancelled.columns() };
            this().set(over).exec(&*txn).await?;
            self.tell(&txn, id, State::Cancelled).await?;
        }
        idempotency::keep(&txn, claim, &row.job_id).await?;
        jobs::commit(txn, wake).await?;
        self.domain.changed();
        Ok(Once::First(row.job_id))
    }

    /// Check everything that [`cancel`](Self::cancel) checks, and do nothing.
    ///
    /// # Errors
    /// As `cancel`.
    pub async fn may_be_cancelled(&self, caller: &Caller, id: ExecutionId) -> Result<(), ExecutionError> {
        cancelled_already(&self.get(caller, id).await?).map(drop)
    }
}

/// # Errors
/// [`ExecutionError::Over`] when there is nothing left to cancel.
fn cancelled_already(row: &Execution) -> Result<bool, ExecutionError> {
    match row.state {
        State::Cancelled => Ok(true),
        State::Succeeded | State::Failed => Err(ExecutionError::Over { execution: row.id, state: row.state }),
        State::Queued | State::Running => Ok(false),
    }
}
