//! The end of attempts: many outcomes in one statement, or one inside the handler's own transaction. Both are fenced by `attempt`.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use entities::id::JobId;
use platform::{Db, Engine, Txn};
use sea_orm::{ConnectionTrait as _, DbErr, QueryResult};
use serde_json::{Value, json};

use super::sql::{Col, hex, rows, statement};
use super::{limits, nul};
use crate::outcome::{JobError, Outcome, Settled};
use crate::run::{LostLease, Run, SettleError};

/// One attempt that has ended.
#[derive(Debug, Clone)]
pub struct Finished {
    pub job_id: JobId,
    pub attempt: i32,
    pub outcome: Outcome,
    /// How long a job that errored waits before its next attempt.
    pub backoff: Duration,
    /// Whether the job holds a slot of a concurrency key.
    pub keyed: bool,
}

const COLUMNS: [(&str, Col); 9] = [
    ("id", Col::Uuid),
    ("attempt", Col::Int),
    ("state", Col::Text),
    ("outcome", Col::Text),
    ("delay_us", Col::Big),
    ("failed", Col::Int),
    ("result", Col::Json),
    ("error_code", Col::Text),
    ("error", Col::Text),
];

static UPDATE: LazyLock<[String; 2]> = LazyLock::new(|| [Engine::Sqlite, Engine::Postgres].map(update_sql));
/// PostgreSQL: the same with the counters of the keys, which are locked in sorted order, as everywhere.
static UPDATE_KEYED: LazyLock<String> = LazyLock::new(|| {
    let freed = ",
             freed AS (SELECT concurrency_key AS key, count(*)::integer AS jobs FROM ended WHERE concurrency_key IS NOT NULL GROUP BY concurrency_key),
             locked AS MATERIALIZED (
                 SELECT l.concurrency_key AS key, freed.jobs FROM freed JOIN job_limits l ON l.concurrency_key = freed.key
                 ORDER BY l.concurrency_key FOR NO KEY UPDATE OF l),
             lowered AS (UPDATE job_limits l SET running = l.running - locked.jobs FROM locked WHERE l.concurrency_key = locked.key)
             SELECT id, concurrency_key FROM ended";
    UPDATE[1].replace("\n             SELECT id, concurrency_key FROM ended", freed)
});

/// A job that errored retries until its failures are used up; one that was asked to end does not come back, and one
/// that ended as cancelled though nobody asked (its lease was lost and found again) does. What comes back without a wait keeps its place.
fn update_sql(engine: Engine) -> String {
    let (now, rows) = (engine.now_sql(), rows(engine, &COLUMNS));
    let state = "CASE WHEN r.state IN ('retrying', 'queued') AND jobs.cancel_requested_at IS NOT NULL THEN 'cancelled'
                      WHEN r.state = 'cancelled' AND jobs.cancel_requested_at IS NULL THEN 'queued'
                      WHEN r.state = 'retrying' AND jobs.failures + 1 >= jobs.failures_max THEN 'failed' ELSE r.state END";
    let update = format!(
        "UPDATE jobs SET state = {state}, failures = jobs.failures + r.failed, lease_until = NULL, result = r.result,
             error_code = r.error_code, last_error = coalesce(r.error, jobs.last_error), run_at = coalesce({now} + r.delay_us, jobs.run_at),
             finished_at = CASE WHEN ({state}) IN ('retrying', 'queued') THEN NULL ELSE {now} END
         FROM {rows} WHERE jobs.id = r.id AND jobs.attempt = r.attempt AND jobs.state = 'running'
         RETURNING jobs.id, jobs.attempt, jobs.worker, jobs.started_at, jobs.concurrency_key, jobs.state"
    );
    match engine {
        Engine::Sqlite => update.replace("RETURNING jobs.", "RETURNING ").replace(", jobs.", ", "),
        Engine::Postgres => format!(
            "WITH ended AS ({update}, r.outcome, r.error),
             attempts AS (
                 INSERT INTO job_attempts (job_id, attempt, worker, started_at, finished_at, outcome, error)
                 SELECT id, attempt, worker, coalesce(started_at, {now}), {now}, CASE WHEN state = 'failed' THEN 'failed' WHEN state = 'queued' AND outcome = 'cancelled' THEN 'released' ELSE outcome END, error
                 FROM ended WHERE outcome <> 'snoozed'
                 ON CONFLICT (job_id, attempt) DO UPDATE SET finished_at = excluded.finished_at, outcome = excluded.outcome, error = excluded.error)
             SELECT id, concurrency_key FROM ended"
        ),
    }
}

/// Write down many ends at once. Answers the jobs whose attempt still held them; the results of the others are dropped.
///
/// # Errors
/// When the database refuses; nothing is written then and the call may be repeated.
pub async fn finish(db: &Db, ended: &[Finished]) -> Result<Vec<JobId>, DbErr> {
    let ended: Vec<_> = ended.iter().filter(|finished| finished.outcome != Outcome::Settled).collect();
    if ended.is_empty() {
        return Ok(Vec::new());
    }
    if db.engine() == Engine::Postgres {
        let sql = if ended.iter().any(|finished| finished.keyed) { &*UPDATE_KEYED } else { &UPDATE[1] };
        let held = db.query_all_raw(statement(db.engine(), sql.as_str(), [parameter(&ended).into()])).await?;
        return held.iter().map(|row| row.try_get("", "id")).collect();
    }
    let txn = db.write().await?;
    let held = write(&txn, &ended).await?;
    txn.commit().await?;
    held.iter().map(|row| row.try_get("", "id")).collect()
}

/// End one job in the handler's transaction.
pub(crate) async fn settle(txn: &Txn, run: &Run, settled: Settled) -> Result<(), SettleError> {
    let finished = Finished { job_id: run.job_id(), attempt: run.attempt(), outcome: settled.into(), backoff: Duration::ZERO, keyed: true };
    match write(txn, &[&finished]).await?.len() {
        1 => Ok(()),
        _ => Err(LostLease { job_id: run.job_id(), attempt: run.attempt() }.into()),
    }
}

async fn write(txn: &Txn, ended: &[&Finished]) -> Result<Vec<QueryResult>, DbErr> {
    let engine = txn.engine();
    let sql = UPDATE[usize::from(engine == Engine::Postgres)].as_str();
    let held = txn.query_all_raw(statement(engine, sql, [parameter(ended).into()])).await?;
    if engine == Engine::Sqlite {
        record_attempts(txn, ended, &held).await?;
    }
    let keys = held.iter().filter_map(|row| row.try_get::<Option<String>>("", "concurrency_key").transpose());
    limits::release(txn, keys.collect::<Result<Vec<_>, _>>()?).await?;
    Ok(held)
}

/// SQLite has no statement that changes two tables.
async fn record_attempts(txn: &Txn, ended: &[&Finished], held: &[QueryResult]) -> Result<(), DbErr> {
    // Two attempts of one job may end in one batch; the row says which of them it was.
    let by_attempt: HashMap<(JobId, i32), &&Finished> = ended.iter().map(|end| ((end.job_id, end.attempt), end)).collect();
    let mut attempts = Vec::with_capacity(held.len());
    for row in held {
        let id: JobId = row.try_get("", "id")?;
        let Some(finished) = by_attempt.get(&(id, row.try_get("", "attempt")?)) else { continue };
        let outcome = match (row.try_get::<String>("", "state")?.as_str(), words(&finished.outcome).1) {
            (_, "snoozed") => continue,
            ("failed", _) => "failed",
            ("queued", "cancelled") => "released",
            (_, word) => word,
        };
        attempts.push(json!({
            "id": hex(id), "attempt": finished.attempt, "worker": row.try_get::<String>("", "worker")?,
            "started_at": row.try_get::<Option<i64>>("", "started_at")?, "outcome": outcome,
            "error": error(&finished.outcome).map(|error| nul::text(&error.message)),
        }));
    }
    super::attempts::record(txn, attempts).await
}

fn parameter(ended: &[&Finished]) -> Value {
    let row = |finished: &&Finished| {
        let (state, outcome) = words(&finished.outcome);
        let delay = match &finished.outcome {
            Outcome::Errored(_) => Some(finished.backoff),
            Outcome::Snoozed { delay, .. } => Some(*delay),
            _ => None,
        };
        let result = if let Outcome::Succeeded(result) = &finished.outcome { Some(nul::json(result)) } else { None };
        let error = error(&finished.outcome);
        json!({
            "id": hex(finished.job_id), "attempt": finished.attempt, "state": state, "outcome": outcome,
            "delay_us": delay.map(|delay| i64::try_from(delay.as_micros()).unwrap_or(i64::MAX / 2)),
            "failed": i32::from(matches!(finished.outcome, Outcome::Errored(_) | Outcome::Failed(_))),
            "result": result, "error_code": error.map(|error| nul::text(&error.code)),
            "error": why(&finished.outcome).map(nul::text),
        })
    };
    Value::Array(ended.iter().map(row).collect())
}

/// The next state of the job, and the word for the attempt.
fn words(outcome: &Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Succeeded(_) | Outcome::Settled => ("succeeded", "succeeded"),
        Outcome::Errored(_) => ("retrying", "errored"),
        Outcome::Failed(_) => ("failed", "failed"),
        Outcome::Cancelled => ("cancelled", "cancelled"),
        Outcome::Snoozed { .. } => ("queued", "snoozed"),
        Outcome::Released => ("queued", "released"),
    }
}

/// What the row says about it: an error, or what a snoozing job waits for. A job may wait for days, so waiting makes no attempt's row.
fn why(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Snoozed { why, .. } => Some(why),
        other => error(other).map(|error| error.message.as_str()),
    }
}

fn error(outcome: &Outcome) -> Option<&JobError> {
    match outcome {
        Outcome::Errored(error) | Outcome::Failed(error) => Some(error),
        _ => None,
    }
}
