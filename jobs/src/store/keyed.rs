//! Taking jobs with a concurrency key: the keys take turns, and each gives what its counter row allows.
//!
//! The counter rows are locked first, in sorted order and without waiting; the jobs after them, without waiting either.
//! So two claimers never slip under one bound and never wait for each other.

use std::collections::BTreeMap;

use platform::{Db, Engine, Txn};
use sea_orm::{ConnectionTrait as _, DbErr};
use serde_json::{Value, json};

use super::claim::{Claim, Claimed, TAKE, TAKEN, parameters, read};
use super::sql::{Col, rows, statement};

/// How many keys one claim looks at. The next claim goes on behind the last of them.
const KEYS_MAX: usize = 128;

/// Where the last claim stopped among the keys.
#[derive(Debug, Default)]
pub struct Cursor(String);

/// What a key may start now.
struct Allowance {
    key: String,
    jobs: u32,
    /// A whole token is 1,000; `None` without a rate.
    tokens_milli: Option<i64>,
}

pub async fn claim(db: &Db, claim: &Claim<'_>, cursor: &mut Cursor) -> Result<Vec<Claimed>, DbErr> {
    let mut keys = waiting_keys(db, claim, &cursor.0).await?;
    let wrapped = keys.len() < KEYS_MAX && !cursor.0.is_empty();
    if wrapped {
        let again = waiting_keys(db, claim, "").await?;
        keys.extend(again.into_iter().take_while(|key| *key <= cursor.0));
    }
    cursor.0 = if keys.len() < KEYS_MAX || wrapped { String::new() } else { keys.last().cloned().unwrap_or_default() };
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let txn = db.write().await?;
    let allowances = allowances(&txn, &keys, claim.jobs_max).await?;
    if allowances.is_empty() {
        txn.rollback().await?;
        return Ok(Vec::new());
    }
    let (taken, by_key) = take(&txn, claim, &allowances).await?;
    count(&txn, &allowances, &by_key).await?;
    txn.commit().await?;
    if let Some(last) = by_key.keys().next_back() {
        cursor.0.clone_from(last);
    }
    Ok(taken)
}

/// The keys behind `after` that have a job which may start now, for all that can be seen without a lock: one step along the index for each key, however many jobs it has.
async fn waiting_keys(db: &Db, claim: &Claim<'_>, after: &str) -> Result<Vec<String>, DbErr> {
    let step =
        "SELECT j.concurrency_key FROM jobs j WHERE j.pool = $1 AND j.state IN ('queued', 'retrying') AND j.concurrency_key IS NOT NULL";
    let sql = format!(
        "WITH RECURSIVE k(key) AS (
             SELECT * FROM ({step} AND j.concurrency_key > $2 ORDER BY j.concurrency_key LIMIT 1) first
             UNION ALL
             SELECT ({step} AND j.concurrency_key > k.key ORDER BY j.concurrency_key LIMIT 1) FROM k WHERE k.key IS NOT NULL)
         SELECT k.key FROM k JOIN job_limits l ON l.concurrency_key = k.key
         WHERE (l.running_max IS NULL OR l.running < l.running_max) AND (l.rate_max IS NULL OR {tokens} >= 1000)
             AND EXISTS ({step} AND j.concurrency_key = k.key AND j.run_at <= {now})
             AND NOT EXISTS (SELECT 1 FROM pool_controls c WHERE c.pool = $1 AND c.paused)
         LIMIT {KEYS_MAX}",
        tokens = tokens_sql(db.engine()),
        now = db.engine().now_sql(),
    );
    let found = db.query_all_raw(statement(db.engine(), sql, [claim.pool.name().into(), after.into()])).await?;
    found.iter().map(|row| row.try_get("", "key")).collect()
}

/// What the bucket of `l` holds, in thousandths. It fills by the database's clock, in one window from empty to full.
fn tokens_sql(engine: Engine) -> String {
    let least = if engine == Engine::Postgres { "least" } else { "min" };
    format!(
        "CASE WHEN l.rate_max IS NULL THEN NULL WHEN l.rate_tokens_milli IS NULL THEN l.rate_max * 1000
              ELSE {least}(l.rate_max * 1000, l.rate_tokens_milli + {least}({} - l.rate_refilled_at, l.rate_window_ms * 1000) * l.rate_max / l.rate_window_ms) END",
        engine.now_sql()
    )
}

/// Lock the counters and share the free places out, one place per key and round.
async fn allowances(txn: &Txn, keys: &[String], jobs_max: u32) -> Result<Vec<Allowance>, DbErr> {
    let engine = txn.engine();
    let lock = if engine == Engine::Postgres {
        "ORDER BY l.concurrency_key FOR NO KEY UPDATE OF l SKIP LOCKED"
    } else {
        "ORDER BY l.concurrency_key"
    };
    let sql = format!(
        "SELECT l.concurrency_key, l.running, l.running_max, CAST({} AS BIGINT) AS tokens_milli FROM {} JOIN job_limits l ON l.concurrency_key = r.key {lock}",
        tokens_sql(engine),
        rows(engine, &[("key", Col::Text)])
    );
    let parameter = Value::Array(keys.iter().map(|key| json!({ "key": key })).collect());
    let mut free = Vec::new();
    for row in txn.query_all_raw(statement(engine, sql, [parameter.into()])).await? {
        let tokens_milli: Option<i64> = row.try_get("", "tokens_milli")?;
        let slots = row
            .try_get::<Option<i32>>("", "running_max")?
            .map_or(Ok(i64::MAX), |max| row.try_get::<i32>("", "running").map(|n| i64::from(max - n)))?;
        let most = slots.min(tokens_milli.map_or(i64::MAX, |tokens| tokens / 1_000)).min(i64::from(jobs_max));
        if let Some(most) = u32::try_from(most).ok().filter(|most| *most > 0) {
            free.push((Allowance { key: row.try_get("", "concurrency_key")?, jobs: 0, tokens_milli }, most));
        }
    }
    Ok(share(free, jobs_max))
}

fn share(mut free: Vec<(Allowance, u32)>, jobs_max: u32) -> Vec<Allowance> {
    let mut left = jobs_max;
    while left > 0 && free.iter().any(|(allowance, most)| allowance.jobs < *most) {
        for (allowance, most) in &mut free {
            if left > 0 && allowance.jobs < *most {
                allowance.jobs += 1;
                left -= 1;
            }
        }
    }
    free.into_iter().map(|(allowance, _)| allowance).filter(|allowance| allowance.jobs > 0).collect()
}

/// Take the jobs, and count them by key.
async fn take(txn: &Txn, claim: &Claim<'_>, allowances: &[Allowance]) -> Result<(Vec<Claimed>, BTreeMap<String, i64>), DbErr> {
    let engine = txn.engine();
    let set = TAKE.replace("{now}", engine.now_sql());
    let due = format!("j.pool = $1 AND j.state IN ('queued', 'retrying') AND j.run_at <= {}", engine.now_sql());
    let order = "ORDER BY j.priority DESC, j.run_at, j.id";
    let [pool, _, lease, worker] = parameters(claim);
    let mut found = Vec::new();
    if engine == Engine::Postgres {
        let sql = format!(
            "WITH ready AS MATERIALIZED (
                 SELECT due.id FROM jsonb_to_recordset($2) AS a(key text, jobs integer) CROSS JOIN LATERAL (
                     SELECT j.id FROM jobs j WHERE {due} AND j.concurrency_key = a.key {order} LIMIT a.jobs FOR UPDATE SKIP LOCKED) due)
             UPDATE jobs SET {set} FROM ready WHERE jobs.id = ready.id RETURNING jobs.{}",
            TAKEN.replace(", ", ", jobs.")
        );
        let shares = Value::Array(allowances.iter().map(|a| json!({ "key": a.key, "jobs": a.jobs })).collect());
        found = txn.query_all_raw(statement(engine, sql, [pool, shares.into(), lease, worker])).await?;
    } else {
        let sql = format!(
            "UPDATE jobs SET {set} WHERE id IN (SELECT j.id FROM jobs j WHERE {due} AND j.concurrency_key = $5 {order} LIMIT $2) RETURNING {TAKEN}"
        );
        for allowance in allowances {
            let values = [pool.clone(), i64::from(allowance.jobs).into(), lease.clone(), worker.clone(), allowance.key.as_str().into()];
            found.extend(txn.query_all_raw(statement(engine, sql.as_str(), values)).await?);
        }
    }
    let mut by_key = BTreeMap::new();
    for row in &found {
        *by_key.entry(row.try_get::<String>("", "concurrency_key")?).or_insert(0) += 1;
    }
    Ok((found.iter().map(read).collect::<Result<_, _>>()?, by_key))
}

/// Raise the counters by what was taken and write the buckets down.
async fn count(txn: &Txn, allowances: &[Allowance], by_key: &BTreeMap<String, i64>) -> Result<(), DbErr> {
    if by_key.is_empty() {
        return Ok(());
    }
    let columns = rows(txn.engine(), &[("key", Col::Text), ("taken", Col::Int), ("tokens_milli", Col::Big)]);
    let sql = format!(
        "UPDATE job_limits SET running = running + r.taken, rate_tokens_milli = r.tokens_milli,
             rate_refilled_at = CASE WHEN r.tokens_milli IS NULL THEN NULL ELSE {} END
         FROM {columns} WHERE r.key = job_limits.concurrency_key",
        txn.engine().now_sql()
    );
    let parameter = allowances
        .iter()
        .filter_map(|a| by_key.get(&a.key).map(|taken| (a, taken)))
        .map(|(a, taken)| json!({ "key": a.key, "taken": taken, "tokens_milli": a.tokens_milli.map(|tokens| tokens - taken * 1_000) }))
        .collect();
    txn.execute_raw(statement(txn.engine(), sql, [Value::Array(parameter).into()])).await?;
    Ok(())
}
