//! Giving the events of each topic their order, after their commit.

use platform::Engine;
use sea_orm::{ConnectionTrait as _, DbErr};

use crate::context::Domain;
use crate::sql::statement;

/// Two sequencers would give one place twice; PostgreSQL lets one at a time through this lock.
const LOCK: i64 = 0x7461_6c6c_795f_6576;

/// Number up to `rows_max` new events. Answers how many were numbered; fewer than `rows_max` means that all are.
///
/// # Errors
/// When the database refuses; nothing is numbered then.
pub async fn sequence(domain: &Domain, rows_max: u32) -> Result<u64, DbErr> {
    let engine = domain.db.engine();
    let txn = domain.db.write().await?;
    if engine == Engine::Postgres {
        txn.execute_raw(statement(engine, "SELECT pg_advisory_xact_lock($1)", [LOCK.into()])).await?;
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
