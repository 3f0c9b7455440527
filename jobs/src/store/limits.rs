//! The counter row of each concurrency key: made before the first job that names it, lowered by every end, forgotten when it is idle.
//!
//! Whoever enqueues holds the row (`FOR KEY SHARE`, which no claim waits for) until its transaction ends; whoever forgets a row locks it first
//! and looks for its jobs after that. So a job never names a key that is gone, and neither waits long for the other.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use platform::{Db, Engine, Txn};
use sea_orm::{ConnectionTrait as _, DbErr};
use serde_json::{Value, json};

use super::sql::{Col, rows, statement};
use crate::policy::Concurrency;

static DECLARE: LazyLock<[String; 2]> = LazyLock::new(|| [Engine::Sqlite, Engine::Postgres].map(declare_sql));

/// A row that is right already is held and not written.
fn declare_sql(engine: Engine) -> String {
    let columns = [("key", Col::Text), ("running_max", Col::Int), ("rate_max", Col::Int), ("rate_window_ms", Col::Big)];
    let (rows, lock) = (rows(engine, &columns), if engine == Engine::Postgres { "FOR KEY SHARE OF l" } else { "" });
    format!(
        "WITH held AS MATERIALIZED (
             SELECT l.concurrency_key FROM {rows} JOIN job_limits l ON l.concurrency_key = r.key
             WHERE l.running_max IS NOT DISTINCT FROM r.running_max AND l.rate_max IS NOT DISTINCT FROM r.rate_max
                 AND l.rate_window_ms IS NOT DISTINCT FROM r.rate_window_ms
             ORDER BY l.concurrency_key {lock})
         INSERT INTO job_limits (concurrency_key, running_max, rate_max, rate_window_ms)
         SELECT r.key, r.running_max, r.rate_max, r.rate_window_ms FROM {rows}
         WHERE r.key NOT IN (SELECT concurrency_key FROM held) ORDER BY r.key
         ON CONFLICT (concurrency_key) DO UPDATE SET running_max = excluded.running_max, rate_max = excluded.rate_max, rate_window_ms = excluded.rate_window_ms"
    )
}

/// Make sure that each key has its counter row, with the bounds that it has today, until the end of the transaction.
pub async fn declare<'a>(txn: &Txn, limits: impl Iterator<Item = &'a Concurrency>) -> Result<(), DbErr> {
    let limits: BTreeMap<&str, &Concurrency> = limits.map(|limit| (limit.key.as_str(), limit)).collect();
    if limits.is_empty() {
        return Ok(());
    }
    let rows: Vec<Value> = limits
        .values()
        .map(|limit| {
            let window = limit.rate.map(|rate| i64::try_from(rate.window.as_millis()).unwrap_or(i64::MAX));
            json!({ "key": limit.key, "running_max": limit.running_max, "rate_max": limit.rate.map(|rate| rate.max), "rate_window_ms": window })
        })
        .collect();
    let sql = DECLARE[usize::from(txn.engine() == Engine::Postgres)].as_str();
    txn.execute_raw(statement(txn.engine(), sql, [Value::Array(rows).into()])).await?;
    Ok(())
}

/// Forget up to `rows_max` keys that no job names and whose bucket has been full for at least `idle`. Answers how many.
pub async fn forget_idle(db: &Db, idle: Duration, rows_max: u32) -> Result<u64, DbErr> {
    let engine = db.engine();
    let unused = format!(
        "l.running = 0 AND coalesce(l.rate_refilled_at, 0) + coalesce(l.rate_window_ms, 0) * 1000 < {} - $1
             AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.concurrency_key = l.concurrency_key)",
        engine.now_sql()
    );
    let lock = if engine == Engine::Postgres { "FOR UPDATE OF l SKIP LOCKED" } else { "" };
    let find = format!("SELECT l.concurrency_key FROM job_limits l WHERE {unused} LIMIT {rows_max} {lock}");
    // What was found is looked at once more: only now can no new job name it any more.
    let delete = format!(
        "DELETE FROM job_limits WHERE concurrency_key IN (
             SELECT l.concurrency_key FROM {} JOIN job_limits l ON l.concurrency_key = r.key WHERE {})",
        rows(engine, &[("key", Col::Text)]),
        unused.replace("$1", "$2")
    );
    let idle_us = i64::try_from(idle.as_micros()).unwrap_or(i64::MAX / 2);
    let txn = db.write().await?;
    let found = txn.query_all_raw(statement(engine, find, [idle_us.into()])).await?;
    let keys = found.iter().map(|row| Ok(json!({ "key": row.try_get::<String>("", "concurrency_key")? }))).collect::<Result<_, DbErr>>()?;
    let done = txn.execute_raw(statement(engine, delete, [Value::Array(keys).into(), idle_us.into()])).await?;
    txn.commit().await?;
    Ok(done.rows_affected())
}

/// Lower the counters of the keys, in sorted order so that two callers never wait for one another in a ring.
pub async fn release(txn: &Txn, keys: impl IntoIterator<Item = String>) -> Result<(), DbErr> {
    let mut counts: BTreeMap<String, i32> = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    if counts.is_empty() {
        return Ok(());
    }
    let columns = rows(txn.engine(), &[("key", Col::Text), ("ended", Col::Int)]);
    let parameter = || Value::Array(counts.iter().map(|(key, ended)| json!({ "key": key, "ended": ended })).collect());
    if txn.engine() == Engine::Postgres {
        let lock = format!(
            "SELECT 1 FROM job_limits l JOIN {columns} ON r.key = l.concurrency_key ORDER BY l.concurrency_key FOR NO KEY UPDATE OF l"
        );
        txn.query_all_raw(statement(txn.engine(), lock, [parameter().into()])).await?;
    }
    let lower = format!("UPDATE job_limits SET running = running - r.ended FROM {columns} WHERE r.key = job_limits.concurrency_key");
    txn.execute_raw(statement(txn.engine(), lower, [parameter().into()])).await?;
    Ok(())
}
