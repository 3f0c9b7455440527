//! PostgreSQL: one statement finds the keys, locks their counters, shares the free places out, takes the jobs and counts them.

use std::sync::LazyLock;

use platform::{Db, Engine};
use sea_orm::{ConnectionTrait as _, DbErr};

use super::{STEP, Taken, open_sql, read_all, tokens_sql};
use crate::store::claim::{Claim, TAKE, TAKEN, parameters};
use crate::store::sql::statement;

static CLAIM: LazyLock<String> = LazyLock::new(claim_sql);

pub async fn claim(db: &Db, claim: &Claim<'_>, after: &str) -> Result<Taken, DbErr> {
    let [pool, lease, worker] = parameters(claim);
    let sql = CLAIM.replace("{jobs_max}", &claim.jobs_max.to_string()).replace("{keys_max}", &keys_max(claim.jobs_max).to_string());
    let rows = db.query_all_raw(statement(Engine::Postgres, sql, [pool, lease, worker, after.into()])).await?;
    let looked_at = rows.first().map(|row| row.try_get("", "looked_at")).transpose()?.flatten();
    let mut jobs = Vec::new();
    for row in &rows {
        // Where nothing was taken there is one row, for the keys alone.
        if row.try_get::<Option<String>>("", "concurrency_key")?.is_some() {
            jobs.push(row);
        }
    }
    Ok(Taken { looked_at, ..read_all(jobs.into_iter())? })
}

/// How many keys a claim of so many jobs shares its places out among. Few of them: each key that gives a job has a counter to write.
/// The next claim goes on behind them, so in a lap every key has its turn.
fn keys_max(jobs_max: u32) -> u32 {
    (jobs_max / 3).max(16)
}

/// The keys form a ring: those behind the cursor are the first lap, the others the second. A walk is one step along the index for each key,
/// however many jobs it has, and goes no further than somebody reads: a lateral join reads one key after the other. In each round a key gives one job.
fn claim_sql() -> String {
    let now = Engine::Postgres.now_sql();
    let walk = |name: &str, from: &str, to: &str| {
        format!(
            "{name}(key) AS (
                 SELECT * FROM ({STEP} AND j.concurrency_key > {from} {to} ORDER BY j.concurrency_key LIMIT 1) first
                 UNION ALL
                 SELECT ({STEP} AND j.concurrency_key > {name}.key {to} ORDER BY j.concurrency_key LIMIT 1) FROM {name} WHERE {name}.key IS NOT NULL)"
        )
    };
    let may_start = |walk: &str| {
        format!(
            "FROM {walk} w CROSS JOIN LATERAL (
                 SELECT 1 FROM job_limits l
                 WHERE l.concurrency_key = w.key AND {} AND EXISTS ({STEP} AND j.concurrency_key = w.key AND j.run_at <= {now}) LIMIT 1) may_start",
            open_sql(Engine::Postgres)
        )
    };
    format!(
        "WITH RECURSIVE {behind}, {before},
         ring AS MATERIALIZED (
             SELECT * FROM (
                 (SELECT w.key, 1 AS lap {behind_may_start})
                 UNION ALL
                 (SELECT w.key, 2 {before_may_start})) laps
             WHERE NOT EXISTS (SELECT 1 FROM pool_controls c WHERE c.pool = $1 AND c.paused)
             LIMIT {{keys_max}}),
         open AS MATERIALIZED (
             SELECT l.concurrency_key AS key, ring.lap, {tokens} AS tokens_milli,
                 least({{jobs_max}}, l.running_max - l.running, ({tokens}) / 1000)::integer AS most
             FROM ring JOIN job_limits l ON l.concurrency_key = ring.key
             ORDER BY l.concurrency_key FOR NO KEY UPDATE OF l SKIP LOCKED),
         shares AS (
             SELECT key, count(*) AS jobs
             FROM (SELECT open.key FROM open CROSS JOIN LATERAL generate_series(1, open.most) AS round ORDER BY round, open.lap, open.key LIMIT {{jobs_max}}) places
             GROUP BY key),
         ready AS MATERIALIZED (
             SELECT due.id FROM shares CROSS JOIN LATERAL (
                 SELECT j.id FROM jobs j
                 WHERE j.pool = $1 AND j.state IN ('queued', 'retrying') AND j.concurrency_key = shares.key AND j.run_at <= {now}
                 ORDER BY j.priority DESC, j.run_at, j.id LIMIT shares.jobs FOR UPDATE SKIP LOCKED) due),
         taken AS (UPDATE jobs SET {take} FROM ready WHERE jobs.id = ready.id RETURNING jobs.{taken}),
         counted AS (
             UPDATE job_limits l SET running = l.running + t.jobs, rate_tokens_milli = open.tokens_milli - t.jobs * 1000,
                 rate_refilled_at = CASE WHEN open.tokens_milli IS NULL THEN NULL ELSE {now} END
             FROM (SELECT concurrency_key AS key, count(*)::integer AS jobs FROM taken GROUP BY concurrency_key) t JOIN open ON open.key = t.key
             WHERE l.concurrency_key = t.key)
         SELECT taken.*, looked.at AS looked_at
         FROM (SELECT (array_agg(key ORDER BY lap DESC, key DESC))[1] AS at FROM ring) looked LEFT JOIN taken ON true",
        behind = walk("behind", "$4", ""),
        before = walk("before", "''", "AND j.concurrency_key <= $4"),
        behind_may_start = may_start("behind"),
        before_may_start = may_start("before"),
        tokens = tokens_sql(Engine::Postgres),
        take = TAKE.replace("{now}", now),
        taken = TAKEN.replace(", ", ", jobs."),
    )
}
