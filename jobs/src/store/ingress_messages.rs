//! Messages of other services become jobs, each once: its row here says that it is in.

use std::collections::HashSet;

use platform::{Db, Txn};
use sea_orm::sqlx::Error as SqlxError;
use sea_orm::{ConnectionTrait as _, DbErr, RuntimeErr};
use serde_json::{Value, json};

use super::sql::{Col, hex, rows, statement};
use crate::enqueue::{EnqueueError, Enqueued, NewJob, Queue, commit};

/// A job that another service asks for under an id of its own.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub task_id: String,
    pub job: NewJob,
}

/// The arrivals did not become rows, none of them.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    #[error(transparent)]
    Enqueue(#[from] EnqueueError),
    #[error("the database did not take the messages")]
    Database(#[from] DbErr),
    #[error("another process takes the same messages at this moment")]
    Raced,
}

/// Enqueue the jobs of the arrivals that are not in yet, in one transaction. Answers how many those were.
///
/// # Errors
/// When nothing was written, or the answer of the commit was lost. Repeating is safe.
pub async fn admit(db: &Db, queue: &Queue, door: &str, arrivals: &[Arrival]) -> Result<usize, AdmitError> {
    let txn = db.write().await?;
    let mut seen = known(&txn, door, arrivals).await?;
    let fresh: Vec<&Arrival> = arrivals.iter().filter(|arrival| seen.insert(arrival.task_id.clone())).collect();
    if fresh.is_empty() {
        txn.rollback().await?;
        return Ok(0);
    }
    let (enqueued, wake) = queue.enqueue_all(&txn, fresh.iter().map(|arrival| arrival.job.clone()).collect()).await?;
    if remember(&txn, door, &fresh, &enqueued).await? < fresh.len() {
        txn.rollback().await?;
        return Err(AdmitError::Raced);
    }
    commit(txn, wake).await?;
    Ok(fresh.len())
}

async fn known(txn: &Txn, door: &str, arrivals: &[Arrival]) -> Result<HashSet<String>, DbErr> {
    // SQLite keeps the order of a CROSS JOIN: one look into the key per arrival, never one over all that ever came.
    let sql = format!(
        "SELECT m.task_id FROM {} CROSS JOIN ingress_messages m WHERE m.queue = $2 AND m.task_id = r.task_id",
        rows(txn.engine(), &[("task_id", Col::Text)])
    );
    let ids = Value::Array(arrivals.iter().map(|arrival| json!({ "task_id": arrival.task_id })).collect());
    let found = txn.query_all_raw(statement(txn.engine(), sql, [ids.into(), door.into()])).await?;
    found.iter().map(|row| row.try_get("", "task_id")).collect()
}

async fn remember(txn: &Txn, door: &str, fresh: &[&Arrival], enqueued: &[Enqueued]) -> Result<usize, DbErr> {
    let sql = format!(
        "INSERT INTO ingress_messages (queue, task_id, job_id, received_at) SELECT $2, r.task_id, r.job_id, {} FROM {} WHERE true
         ON CONFLICT (queue, task_id) DO NOTHING",
        txn.engine().now_sql(),
        rows(txn.engine(), &[("task_id", Col::Text), ("job_id", Col::Uuid)])
    );
    let pairs = fresh.iter().zip(enqueued);
    let pairs = Value::Array(pairs.map(|(arrival, job)| json!({ "task_id": arrival.task_id, "job_id": hex(job.id) })).collect());
    let done = txn.execute_raw(statement(txn.engine(), sql, [pairs.into(), door.into()])).await?;
    Ok(usize::try_from(done.rows_affected()).unwrap_or(usize::MAX))
}

impl AdmitError {
    /// What the database has against a value in the statement; `None` when it may take the same tomorrow.
    #[must_use]
    pub fn refused(&self) -> Option<String> {
        let (Self::Enqueue(EnqueueError::Database(error)) | Self::Database(error)) = self else { return None };
        let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else { return None };
        let SqlxError::Database(error) = &**error else { return None };
        let code = error.code()?;
        let of_the_value = match code.parse::<u32>() {
            // SQLite's numbers, extended ones included: too big, constraint, mismatch.
            Ok(number) if code.len() < 5 => [18, 19, 20].contains(&(number & 0xff)),
            // SQLSTATE classes (PostgreSQL, appendix A): data exception, integrity constraint violation, program limit exceeded.
            _ => ["22", "23", "54"].iter().any(|class| code.starts_with(class)),
        };
        of_the_value.then(|| error.message().to_owned())
    }
}
