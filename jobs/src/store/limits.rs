//! Giving back the slots of jobs that do not run any more.

use std::collections::BTreeMap;

use platform::Txn;
use sea_orm::{ConnectionTrait as _, DbErr};
use serde_json::{Value, json};

use super::sql::{Col, rows, statement};

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
    if txn.engine() == platform::Engine::Postgres {
        let lock = format!(
            "SELECT 1 FROM job_limits l JOIN {columns} ON r.key = l.concurrency_key ORDER BY l.concurrency_key FOR NO KEY UPDATE OF l"
        );
        txn.query_all_raw(statement(txn.engine(), lock, [parameter().into()])).await?;
    }
    let lower = format!("UPDATE job_limits SET running = running - r.ended FROM {columns} WHERE r.key = job_limits.concurrency_key");
    txn.execute_raw(statement(txn.engine(), lower, [parameter().into()])).await?;
    Ok(())
}
