//! Asking for the end of jobs.

use entities::id::JobId;
use platform::Txn;
use sea_orm::{ConnectionTrait as _, DbErr};
use serde_json::{Value, json};

use super::sql::{Col, hex, rows, statement};

/// Cancel the waiting ones among the jobs at once and mark the running ones; what has ended stays as it is.
///
/// # Errors
/// When the database refuses.
pub async fn request(txn: &Txn, jobs: &[JobId]) -> Result<(), DbErr> {
    let engine = txn.engine();
    let now = engine.now_sql();
    let rows = rows(engine, &[("id", Col::Uuid)]);
    let parameter = Value::Array(jobs.iter().map(|id| json!({ "id": hex(*id) })).collect());
    // One statement decides by the state that it finds under its lock: a job that a worker claims meanwhile is marked, not lost.
    let sql = format!(
        "UPDATE jobs SET
             state = CASE WHEN state = 'running' THEN 'running' ELSE 'cancelled' END,
             cancel_requested_at = coalesce(cancel_requested_at, {now}),
             finished_at = CASE WHEN state = 'running' THEN NULL ELSE {now} END
         FROM {rows} WHERE jobs.id = r.id AND jobs.state IN ('queued', 'retrying', 'running')"
    );
    txn.execute_raw(statement(engine, sql, [parameter.into()])).await?;
    Ok(())
}
