//! Keeping leases, and taking back those that ran out.

use std::sync::LazyLock;

use entities::id::JobId;
use platform::{Db, Engine, Txn};
use sea_orm::{ConnectionTrait as _, DbErr, QueryResult};
use serde_json::{Value, json};

use super::sql::{Col, hex, rows, statement};
use super::{attempts, limits};
use crate::policy::Pool;

/// How many lost leases one call takes back.
const RECLAIM_MAX: u32 = 500;

/// What became of the leases that were to be renewed.
#[derive(Debug, Default)]
pub struct Renewed {
    /// Still held.
    pub held: Vec<JobId>,
    /// Still held, and somebody asked for its end.
    pub cancelled: Vec<JobId>,
    /// Still held and not renewed: a transaction that has not ended yet writes to the row. Nobody takes it back meanwhile.
    pub busy: Vec<JobId>,
}

/// Hold the leases for another `lease_ms` from now. What is in no list of the answer is lost.
/// It waits for no other transaction, or one handler that settles slowly would cost all others their leases.
///
/// # Errors
/// When the database refuses; the leases run on towards their end then.
pub async fn renew(db: &Db, leases: &[(JobId, i32)], lease_ms: i64) -> Result<Renewed, DbErr> {
    let engine = db.engine();
    let parameter = || Value::Array(leases.iter().map(|(id, attempt)| json!({ "id": hex(*id), "attempt": attempt })).collect());
    let txn = db.write().await?;
    let rows = txn.query_all_raw(statement(engine, renew_sql(engine), [parameter().into(), (lease_ms * 1_000).into()])).await?;
    txn.commit().await?;
    let mut renewed = Renewed::default();
    for row in &rows {
        let id = row.try_get("", "id")?;
        let asked: Option<i64> = row.try_get("", "cancel_requested_at")?;
        if asked.is_some() { renewed.cancelled.push(id) } else { renewed.held.push(id) }
    }
    if rows.len() < leases.len() && engine == Engine::Postgres {
        let held = format!("SELECT jobs.id FROM {} JOIN jobs ON {HELD}", rows_of_leases(engine));
        for row in db.query_all_raw(statement(engine, held, [parameter().into()])).await? {
            let id = row.try_get("", "id")?;
            if !renewed.held.contains(&id) && !renewed.cancelled.contains(&id) {
                renewed.busy.push(id);
            }
        }
    }
    Ok(renewed)
}

const HELD: &str = "jobs.id = r.id AND jobs.attempt = r.attempt AND jobs.state = 'running'";

fn rows_of_leases(engine: Engine) -> String {
    rows(engine, &[("id", Col::Uuid), ("attempt", Col::Int)])
}

fn renew_sql(engine: Engine) -> String {
    let (now, rows) = (engine.now_sql(), rows_of_leases(engine));
    match engine {
        Engine::Postgres => format!(
            "WITH free AS MATERIALIZED (SELECT jobs.id FROM {rows} JOIN jobs ON {HELD} FOR NO KEY UPDATE OF jobs SKIP LOCKED)
             UPDATE jobs SET lease_until = {now} + $2 FROM free WHERE jobs.id = free.id RETURNING jobs.id, jobs.cancel_requested_at"
        ),
        Engine::Sqlite => {
            format!("UPDATE jobs SET lease_until = {now} + $2 FROM {rows} WHERE {HELD} RETURNING id, cancel_requested_at")
        }
    }
}

/// Start a claimed job that is on its last life: from here on its worker's death is its own. Answers whether the attempt still holds the job.
///
/// # Errors
/// When the database refuses; the job has not begun then.
pub async fn begin(db: &Db, job: JobId, attempt: i32) -> Result<bool, DbErr> {
    let engine = db.engine();
    let sql = format!("UPDATE jobs SET started_at = {} WHERE id = $1 AND attempt = $2 AND state = 'running'", engine.now_sql());
    let txn = db.write().await?;
    let begun = txn.execute_raw(statement(engine, sql, [job.into(), attempt.into()])).await?.rows_affected() == 1;
    txn.commit().await?;
    Ok(begun)
}

/// A job whose lease ran out.
#[derive(Debug, Clone)]
pub struct Reclaimed {
    pub id: JobId,
    pub kind: String,
    pub pool: Option<Pool>,
    /// `queued` again, or `quarantined` when it took too many workers down, or `cancelled` when that was asked.
    pub state: String,
    pub worker: String,
    /// Whether it counts as a death: the attempt had begun.
    pub died: bool,
}

static RECLAIM: LazyLock<[String; 2]> = LazyLock::new(|| [Engine::Sqlite, Engine::Postgres].map(reclaim_sql));

/// A death is counted for every job that had begun in the dead process, guilty or not, because nobody can tell. But the last one that a job
/// may have is lived through alone, so no job is locked away for its company. What comes back keeps its place.
fn reclaim_sql(engine: Engine) -> String {
    let now = engine.now_sql();
    let lost = format!("SELECT id FROM jobs WHERE state = 'running' AND lease_until < {now} ORDER BY lease_until LIMIT {RECLAIM_MAX}");
    let deaths = "deaths + CASE WHEN started_at IS NULL THEN 0 ELSE 1 END";
    let state = format!(
        "CASE WHEN {deaths} >= deaths_max THEN 'quarantined' WHEN cancel_requested_at IS NOT NULL THEN 'cancelled' ELSE 'queued' END"
    );
    let lock = if engine == Engine::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" };
    format!(
        "UPDATE jobs SET state = {state}, deaths = {deaths}, lease_until = NULL,
             error_code = CASE WHEN {deaths} >= deaths_max THEN 'quarantined' ELSE error_code END,
             last_error = 'its worker died or lost the database: the lease of attempt ' || attempt || ' ran out',
             finished_at = CASE WHEN ({state}) = 'queued' THEN NULL ELSE {now} END
         WHERE id IN ({lost}{lock})
         RETURNING id, kind, pool, state, attempt, worker, started_at, last_error, concurrency_key"
    )
}

/// Take back the jobs whose lease ran out, some hundred at a time.
///
/// # Errors
/// When the database refuses; nothing is taken back then.
pub async fn reclaim(db: &Db) -> Result<Vec<Reclaimed>, DbErr> {
    let engine = db.engine();
    let any = format!("SELECT 1 FROM jobs WHERE state = 'running' AND lease_until < {} LIMIT 1", engine.now_sql());
    if db.query_one_raw(statement(engine, any, [])).await?.is_none() {
        return Ok(Vec::new());
    }
    let txn = db.write().await?;
    let rows = txn.query_all_raw(statement(engine, RECLAIM[usize::from(engine == Engine::Postgres)].as_str(), [])).await?;
    let reclaimed = record(&txn, &rows).await?;
    txn.commit().await?;
    Ok(reclaimed)
}

async fn record(txn: &Txn, rows: &[QueryResult]) -> Result<Vec<Reclaimed>, DbErr> {
    let (mut reclaimed, mut ended, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let id: JobId = row.try_get("", "id")?;
        let (worker, started_at) = (row.try_get::<String>("", "worker")?, row.try_get::<Option<i64>>("", "started_at")?);
        let died = started_at.is_some();
        ended.push(json!({
            "id": hex(id), "attempt": row.try_get::<i32>("", "attempt")?, "worker": worker, "started_at": started_at,
            "outcome": if died { "died" } else { "released" }, "error": row.try_get::<Option<String>>("", "last_error")?,
        }));
        keys.extend(row.try_get::<Option<String>>("", "concurrency_key")?);
        let pool = Pool::named(&row.try_get::<String>("", "pool")?);
        reclaimed.push(Reclaimed { id, kind: row.try_get("", "kind")?, pool, state: row.try_get("", "state")?, worker, died });
    }
    attempts::record(txn, ended).await?;
    limits::release(txn, keys).await?;
    Ok(reclaimed)
}
