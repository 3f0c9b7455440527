//! Taking jobs: priority, pause, concurrency per key and rates are all decided here, in the transaction that takes them.

use std::sync::LazyLock;

use entities::id::JobId;
use platform::{Db, Engine};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use serde_json::Value;

use super::keyed;
use super::sql::statement;
use crate::policy::Pool;

/// A job that this worker holds now.
#[derive(Debug, Clone)]
pub struct Claimed {
    pub id: JobId,
    pub kind: String,
    pub payload: Value,
    pub attempt: i32,
    pub failures: i32,
    /// Not for a job on its last life: it is started when nothing else runs in the process ([`begin`](super::lease::begin)).
    pub begun: bool,
    pub keyed: bool,
    pub trace_id: Option<String>,
    order: (i16, i64),
}

/// How many jobs to ask for where `free` places are: 1, 2, 5, 10, 20, 50 … The number stands in the text of the statement, because PostgreSQL plans
/// one anew each time when its limit is a parameter; so there should be few texts.
#[must_use]
pub fn batch(free: u32) -> u32 {
    let tens = 10_u32.pow(free.max(1).ilog10());
    tens * [5, 2, 1].into_iter().find(|digit| tens * digit <= free).unwrap_or(1)
}

/// Who claims, and for how long.
#[derive(Debug, Clone)]
pub struct Claim<'a> {
    pub pool: Pool,
    pub worker: &'a str,
    pub lease_ms: i64,
    pub jobs_max: u32,
}

/// What a claim writes into the row and what it reads back. A job that died before and would be locked away by one more death has not begun yet.
pub const TAKE: &str = "state = 'running', attempt = jobs.attempt + 1, lease_until = {now} + $2, worker = $3,
    started_at = CASE WHEN jobs.deaths > 0 AND jobs.deaths + 1 >= jobs.deaths_max THEN NULL ELSE {now} END";
pub const TAKEN: &str = "id, kind, payload, attempt, failures, started_at, trace_id, concurrency_key, priority, run_at";

static READY: LazyLock<[String; 2]> = LazyLock::new(|| [Engine::Sqlite, Engine::Postgres].map(ready_sql));

/// Each priority is one walk along the index `jobs_ready`, highest first, so that jobs that are not due yet are never walked over.
fn ready_sql(engine: Engine) -> String {
    let now = engine.now_sql();
    let take = TAKE.replace("{now}", now);
    let due = format!("j.pool = $1 AND j.state IN ('queued', 'retrying') AND j.concurrency_key IS NULL AND j.run_at <= {now}");
    let open = "NOT EXISTS (SELECT 1 FROM pool_controls c WHERE c.pool = $1 AND c.paused)";
    match engine {
        Engine::Postgres => format!(
            "WITH ready AS MATERIALIZED (
                 SELECT due.id FROM generate_series(9, 0, -1) AS p(priority) CROSS JOIN LATERAL (
                     SELECT j.id FROM jobs j WHERE {due} AND j.priority = p.priority::smallint AND {open}
                     ORDER BY j.run_at, j.id LIMIT {{jobs_max}} FOR UPDATE SKIP LOCKED) due
                 LIMIT {{jobs_max}})
             UPDATE jobs SET {take} FROM ready WHERE jobs.id = ready.id RETURNING jobs.{}",
            TAKEN.replace(", ", ", jobs.")
        ),
        Engine::Sqlite => format!(
            "UPDATE jobs SET {take} WHERE id IN (
                 SELECT j.id FROM json_each('[9,8,7,6,5,4,3,2,1,0]') p CROSS JOIN jobs j INDEXED BY jobs_ready
                 WHERE {due} AND j.priority = p.value AND {open} LIMIT {{jobs_max}})
             RETURNING {TAKEN}"
        ),
    }
}

/// Claims for one pool in turn, so that neither jobs with a key nor jobs without can starve the others.
#[derive(Debug, Default)]
pub struct Turn {
    keyed_next: bool,
    /// Which of them came last: where nothing waits, the next job is looked for among its like first.
    keyed_last: bool,
    /// The last claim got fewer jobs without a key than it asked for: there are no more, so the next one looks only at the others.
    ready_drained: bool,
    cursor: keyed::Cursor,
}

impl Turn {
    /// Whether the last claim, which took nothing, met another claimer at everything that it might have taken: look again soon.
    #[must_use]
    pub fn collided(&self) -> bool {
        self.cursor.collided
    }

    /// Take up to `jobs_max` jobs that are due, the most urgent first: all with a key, or all without. Ask again until none come.
    ///
    /// # Errors
    /// When the database refuses; nothing is taken then, or what was taken comes back when its lease runs out.
    pub async fn claim(&mut self, db: &Db, claim: &Claim<'_>) -> Result<Vec<Claimed>, DbErr> {
        let skip_ready = std::mem::take(&mut self.ready_drained);
        self.cursor.collided = false;
        for keyed in [self.keyed_next, !self.keyed_next] {
            if !keyed && skip_ready {
                continue;
            }
            // Whatever is wrong with one sort, the next look begins with the other.
            self.keyed_next = !keyed;
            let mut taken = if keyed { keyed::claim(db, claim, &mut self.cursor).await? } else { claim_ready(db, claim).await? };
            if !taken.is_empty() {
                (self.keyed_next, self.keyed_last) = (!keyed, keyed);
                self.ready_drained = !keyed && taken.len() < claim.jobs_max as usize;
                taken.sort_by_key(|job| (-job.order.0, job.order.1, job.id));
                return Ok(taken);
            }
        }
        self.keyed_next = self.keyed_last;
        Ok(Vec::new())
    }
}

async fn claim_ready(db: &Db, claim: &Claim<'_>) -> Result<Vec<Claimed>, DbErr> {
    let engine = db.engine();
    let sql = READY[usize::from(engine == Engine::Postgres)].replace("{jobs_max}", &claim.jobs_max.to_string());
    let take = statement(engine, sql, parameters(claim));
    let rows = match engine {
        Engine::Postgres => db.query_all_raw(take).await?,
        Engine::Sqlite => {
            if !any_ready(db, claim.pool).await? {
                return Ok(Vec::new());
            }
            let txn = db.write().await?;
            let rows = txn.query_all_raw(take).await?;
            txn.commit().await?;
            rows
        }
    };
    rows.iter().map(read).collect()
}

/// SQLite: look before taking the one write lock.
async fn any_ready(db: &Db, pool: Pool) -> Result<bool, DbErr> {
    let sql = format!(
        "SELECT 1 FROM json_each('[9,8,7,6,5,4,3,2,1,0]') p CROSS JOIN jobs j INDEXED BY jobs_ready
         WHERE j.pool = $1 AND j.state IN ('queued', 'retrying') AND j.concurrency_key IS NULL AND j.priority = p.value AND j.run_at <= {} LIMIT 1",
        db.engine().now_sql()
    );
    Ok(db.query_one_raw(statement(db.engine(), sql, [pool.name().into()])).await?.is_some())
}

pub(super) fn parameters(claim: &Claim<'_>) -> [sea_orm::Value; 3] {
    [claim.pool.name().into(), (claim.lease_ms * 1_000).into(), claim.worker.into()]
}

pub(super) fn read(row: &QueryResult) -> Result<Claimed, DbErr> {
    Ok(Claimed {
        id: row.try_get("", "id")?,
        kind: row.try_get("", "kind")?,
        payload: row.try_get("", "payload")?,
        attempt: row.try_get("", "attempt")?,
        failures: row.try_get("", "failures")?,
        begun: row.try_get::<Option<i64>>("", "started_at")?.is_some(),
        keyed: row.try_get::<Option<String>>("", "concurrency_key")?.is_some(),
        trace_id: row.try_get("", "trace_id")?,
        order: (row.try_get("", "priority")?, row.try_get("", "run_at")?),
    })
}
