//! Executions whose job ended without its handler: cancelled in operations, failed for the last time, quarantined, deleted.

use entities::execution::State;
use entities::id::ExecutionId;
use sea_orm::{ActiveValue::Set, ColumnTrait as _};
use sea_orm::{ConnectionTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QueryResult, sea_query::Expr};

use super::verdict::Verdict;
use super::{ExecutionError, Executions};
use crate::operations::{INFRASTRUCTURE, NOT_CARRIED_OUT};
use crate::sql::statement;

/// The job of this execution will never run by itself again.
pub(super) const JOB_IS_OVER: &str =
    "NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = executions.job_id AND jobs.state IN ('queued', 'running', 'retrying'))";

impl Executions<'_> {
    /// Let up to `rows_max` executions end as their job did. Answers how many; repeat until none is left.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn reconcile(&self, rows_max: u32) -> Result<u64, ExecutionError> {
        self.catch_up(None, rows_max).await
    }

    pub(super) async fn catch_up(&self, only: Option<ExecutionId>, rows_max: u32) -> Result<u64, ExecutionError> {
        let engine = self.domain.db.engine();
        let of = if only.is_some() { "executions.id = $1 AND" } else { "" };
        let sql = format!(
            "SELECT executions.id, jobs.state FROM executions LEFT JOIN jobs ON jobs.id = executions.job_id
             WHERE {of} executions.state IN ('queued', 'running') AND {JOB_IS_OVER} LIMIT {rows_max}"
        );
        let find = statement(engine, sql, only.map(Into::into));
        let rows = self.domain.db.query_all_raw(find).await?;
        let mut ended = 0;
        for row in &rows {
            ended += u64::from(self.end_like(row.try_get("", "id")?, verdict(row)?).await?);
        }
        Ok(ended)
    }

    async fn end_like(&self, id: ExecutionId, verdict: Verdict) -> Result<bool, ExecutionError> {
        use entities::execution;
        let txn = self.domain.db.write().await?;
        let columns = execution::ActiveModel { finished_at: Set(Some(self.domain.now())), ..verdict.columns() };
        let written = execution::Entity::update_many()
            .set(columns)
            .filter(execution::Column::Id.eq(id))
            .filter(execution::Column::State.is_in([State::Queued, State::Running]))
            .filter(Expr::cust(JOB_IS_OVER))
            .exec(&*txn)
            .await?;
        if written.rows_affected == 0 {
            return Ok(false);
        }
        self.tell(&txn, id, verdict.state()).await?;
        txn.commit().await?;
        self.domain.changed();
        tracing::warn!(execution.id = %id, state = verdict.state().name(), "execution `{id}` ended with its job");
        Ok(true)
    }
}

/// The job's error stays with the job: it may name paths and addresses of the house, and the execution is shown to its user.
fn verdict(row: &QueryResult) -> Result<Verdict, DbErr> {
    let ours = |message: &str| Verdict::Failed { code: INFRASTRUCTURE.into(), message: message.into() };
    Ok(match row.try_get::<Option<String>>("", "state")?.as_deref() {
        Some("cancelled") => Verdict::Cancelled,
        Some("quarantined") => {
            Verdict::Failed { code: "quarantined".into(), message: "the run took its worker down too often and was set aside".into() }
        }
        Some(_) => ours(NOT_CARRIED_OUT),
        None => ours("the run's job is not there any more"),
    })
}
