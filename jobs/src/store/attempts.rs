//! Rows of ended attempts, where the engine needs a statement of its own for them.

use platform::Txn;
use sea_orm::{ConnectionTrait as _, DbErr};
use serde_json::Value;

use super::sql::{Col, rows, statement};

/// Write the ended attempts; the row of one that has logged is there already. One that had not begun began as it ended.
pub async fn record(txn: &Txn, attempts: Vec<Value>) -> Result<(), DbErr> {
    if attempts.is_empty() {
        return Ok(());
    }
    let columns = rows(
        txn.engine(),
        &[
            ("id", Col::Uuid),
            ("attempt", Col::Int),
            ("worker", Col::Text),
            ("started_at", Col::Big),
            ("outcome", Col::Text),
            ("error", Col::Text),
        ],
    );
    let sql = format!(
        "INSERT INTO job_attempts (job_id, attempt, worker, started_at, finished_at, outcome, error)
         SELECT r.id, r.attempt, r.worker, coalesce(r.started_at, {now}), {now}, r.outcome, r.error FROM {columns} WHERE true
         ON CONFLICT (job_id, attempt) DO UPDATE SET finished_at = excluded.finished_at, outcome = excluded.outcome, error = excluded.error",
        now = txn.engine().now_sql()
    );
    txn.execute_raw(statement(txn.engine(), sql, [Value::Array(attempts).into()])).await?;
    Ok(())
}
