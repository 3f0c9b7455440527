//! Forgetting old runs: their lines first, which are many, then the runs themselves.

use entities::id::ExecutionId;
use sea_orm::DbErr;

use super::Executions;
use crate::moments::{CLOCKS_APART_US_MAX, earliest_id};
use crate::sql::{DAY_US, delete};

impl Executions<'_> {
    /// Delete up to `rows_max` rows of runs that ended long enough ago. Answers how many; repeat until none is left.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn prune(&self, rows_max: u32) -> Result<u64, DbErr> {
        let keeping = &self.domain.settings.keeping;
        // A run takes its lines along, so they are never kept longer; a few hundred runs may have a million of them.
        let lines_days = keeping.execution_logs_days.min(keeping.executions_days);
        let lines = format!(
            "DELETE FROM execution_logs WHERE (execution_id, seq) IN (
                 SELECT l.execution_id, l.seq FROM execution_logs l JOIN executions e ON e.id = l.execution_id
                 WHERE l.execution_id < $1 AND e.finished_at < $2 ORDER BY l.execution_id, l.seq LIMIT {rows_max})"
        );
        let gone = self.delete_before(lines, lines_days).await?;
        if gone > 0 {
            return Ok(gone);
        }
        let runs = format!(
            "DELETE FROM executions WHERE id IN (SELECT id FROM executions WHERE id < $1 AND finished_at < $2 ORDER BY id LIMIT {rows_max})"
        );
        self.delete_before(runs, keeping.executions_days).await
    }

    /// Nothing that was made after a moment ended before it, so the search stays among the oldest ids.
    async fn delete_before(&self, sql: String, days: u32) -> Result<u64, DbErr> {
        let db = &self.domain.db;
        let kept_us = i64::from(days) * DAY_US;
        let before = jobs::store::server::now(db).await?.micros() - kept_us;
        let first_kept: ExecutionId = earliest_id(before.saturating_add(CLOCKS_APART_US_MAX));
        delete(db, sql, [first_kept.into(), before.into()]).await
    }
}
