//! Giving the events of each topic their order, after their commit.

use std::time::Duration;

use platform::Engine;
use sea_orm::{ConnectionTrait as _, DbErr};
use tokio_util::sync::CancellationToken;

use crate::context::Domain;
use crate::sql::statement;

/// The lease: two sequencers would give one place twice, so PostgreSQL lets one at a time through this lock, and frees it when its holder
/// dies. SQLite has one writer anyway.
const LOCK: i64 = 0x7461_6c6c_795f_6576;
/// How often new events are looked for. As long as there are any, there is no pause.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const ROWS_OF_BATCH: u32 = 500;

/// Number new events until `stop` fires. Any number of processes may do so; one at a time does.
pub async fn keep_in_order(domain: Domain, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match sequence(&domain, ROWS_OF_BATCH).await {
            Ok(numbered) if numbered >= ROWS_OF_BATCH.into() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "events could not be numbered; trying again"),
        }
        let _ = stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await;
    }
}

/// Number up to `rows_max` new events. Answers how many were numbered here: fewer than `rows_max` means that all are, or that somebody else
/// is at it.
///
/// # Errors
/// When the database refuses; nothing is numbered then.
pub async fn sequence(domain: &Domain, rows_max: u32) -> Result<u64, DbErr> {
    let engine = domain.db.engine();
    // Most looks find nothing, and reading keeps no writer waiting.
    if domain.db.query_one_raw(statement(engine, "SELECT 1 FROM events WHERE seq IS NULL LIMIT 1", [])).await?.is_none() {
        return Ok(0);
    }
    let txn = domain.db.write().await?;
    if engine == Engine::Postgres {
        let taken = txn.query_one_raw(statement(engine, "SELECT pg_try_advisory_xact_lock($1) AS ours", [LOCK.into()])).await?;
        if !taken.map_or(Ok(false), |row| row.try_get::<bool>("", "ours"))? {
            return Ok(0);
        }
    }
    let sql = format!(
        "WITH fresh AS (
             SELECT id, topic, row_number() OVER (PARTITION BY topic ORDER BY id) AS place
             FROM (SELECT id, topic FROM events WHERE seq IS NULL ORDER BY created_at, id LIMIT {rows_max}) AS oldest),
         last AS (SELECT topic, max(seq) AS seq FROM events WHERE topic IN (SELECT topic FROM fresh) GROUP BY topic)
         UPDATE events SET seq = fresh.place + coalesce((SELECT last.seq FROM last WHERE last.topic = fresh.topic), 0)
         FROM fresh WHERE events.id = fresh.id"
    );
    let numbered = txn.execute_raw(statement(engine, sql, [])).await?.rows_affected();
    txn.commit().await?;
    Ok(numbered)
}
