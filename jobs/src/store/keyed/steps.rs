//! SQLite: one step after the other under its one write lock, which is taken only when there is something to take.

use std::collections::BTreeMap;

use platform::{Db, Engine, Txn};
use sea_orm::{ConnectionTrait as _, DbErr};
use serde_json::{Value, json};

use super::{STEP, Taken, open_sql, read_all, tokens_sql};
use crate::store::claim::{Claim, TAKE, TAKEN, parameters};
use crate::store::sql::{Col, rows, statement};

/// How many keys one claim looks at. The next claim goes on behind the last of them.
const KEYS_MAX: usize = 128;

/// What a key may start now.
struct Allowance {
    key: String,
    jobs: u32,
    /// A whole token is 1,000; `None` without a rate.
    tokens_milli: Option<i64>,
}

pub async fn claim(db: &Db, claim: &Claim<'_>, after: &str) -> Result<Taken, DbErr> {
    let mut keys = waiting_keys(db, claim, after).await?;
    if keys.len() < KEYS_MAX && !after.is_empty() {
        let again = waiting_keys(db, claim, "").await?;
        keys.extend(again.into_iter().take_while(|key| key.as_str() <= after));
    }
    if keys.is_empty() {
        return Ok(Taken::default());
    }
    let txn = db.write().await?;
    let allowances = allowances(&txn, &keys, claim.jobs_max).await?;
    let taken = take(&txn, claim, &allowances).await?;
    count(&txn, &allowances, &taken.by_key).await?;
    txn.commit().await?;
    Ok(taken)
}

/// The keys behind `after` that have a job which may start now: one step along the index for each key, however many jobs it has.
async fn waiting_keys(db: &Db, claim: &Claim<'_>, after: &str) -> Result<Vec<String>, DbErr> {
    let sql = format!(
        "WITH RECURSIVE k(key) AS (
             SELECT * FROM ({STEP} AND j.concurrency_key > $2 ORDER BY j.concurrency_key LIMIT 1) first
             UNION ALL
             SELECT ({STEP} AND j.concurrency_key > k.key ORDER BY j.concurrency_key LIMIT 1) FROM k WHERE k.key IS NOT NULL)
         SELECT k.key FROM k JOIN job_limits l ON l.concurrency_key = k.key
         WHERE {open} AND EXISTS ({STEP} AND j.concurrency_key = k.key AND j.run_at <= {now})
             AND NOT EXISTS (SELECT 1 FROM pool_controls c WHERE c.pool = $1 AND c.paused)
         LIMIT {KEYS_MAX}",
        open = open_sql(Engine::Sqlite),
        now = Engine::Sqlite.now_sql(),
    );
    let found = db.query_all_raw(statement(Engine::Sqlite, sql, [claim.pool.name().into(), after.into()])).await?;
    found.iter().map(|row| row.try_get("", "key")).collect()
}

/// Read the counters and share the free places out, one place per key and round.
async fn allowances(txn: &Txn, keys: &[String], jobs_max: u32) -> Result<Vec<Allowance>, DbErr> {
    let sql = format!(
        "SELECT l.concurrency_key, l.running, l.running_max, CAST({} AS BIGINT) AS tokens_milli FROM {} JOIN job_limits l ON l.concurrency_key = r.key
         ORDER BY l.concurrency_key",
        tokens_sql(Engine::Sqlite),
        rows(Engine::Sqlite, &[("key", Col::Text)])
    );
    let parameter = Value::Array(keys.iter().map(|key| json!({ "key": key })).collect());
    let mut free = Vec::new();
    for row in txn.query_all_raw(statement(Engine::Sqlite, sql, [parameter.into()])).await? {
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
async fn take(txn: &Txn, claim: &Claim<'_>, allowances: &[Allowance]) -> Result<Taken, DbErr> {
    let now = Engine::Sqlite.now_sql();
    let sql = format!(
        "UPDATE jobs SET {} WHERE id IN (
             SELECT j.id FROM jobs j WHERE j.pool = $1 AND j.state IN ('queued', 'retrying') AND j.run_at <= {now} AND j.concurrency_key = $4
             ORDER BY j.priority DESC, j.run_at, j.id LIMIT $5)
         RETURNING {TAKEN}",
        TAKE.replace("{now}", now)
    );
    let [pool, lease, worker] = parameters(claim);
    let mut found = Vec::new();
    for allowance in allowances {
        let values = [pool.clone(), lease.clone(), worker.clone(), allowance.key.as_str().into(), i64::from(allowance.jobs).into()];
        found.extend(txn.query_all_raw(statement(Engine::Sqlite, sql.as_str(), values)).await?);
    }
    read_all(found.iter())
}

/// Raise the counters by what was taken and write the buckets down.
async fn count(txn: &Txn, allowances: &[Allowance], by_key: &BTreeMap<String, i64>) -> Result<(), DbErr> {
    if by_key.is_empty() {
        return Ok(());
    }
    let columns = rows(Engine::Sqlite, &[("key", Col::Text), ("taken", Col::Int), ("tokens_milli", Col::Big)]);
    let sql = format!(
        "UPDATE job_limits SET running = running + r.taken, rate_tokens_milli = r.tokens_milli,
             rate_refilled_at = CASE WHEN r.tokens_milli IS NULL THEN NULL ELSE {} END
         FROM {columns} WHERE r.key = job_limits.concurrency_key",
        Engine::Sqlite.now_sql()
    );
    let parameter = allowances
        .iter()
        .filter_map(|a| by_key.get(&a.key).map(|taken| (a, taken)))
        .map(|(a, taken)| json!({ "key": a.key, "taken": taken, "tokens_milli": a.tokens_milli.map(|tokens| tokens - taken * 1_000) }))
        .collect();
    txn.execute_raw(statement(Engine::Sqlite, sql, [Value::Array(parameter).into()])).await?;
    Ok(())
}
