//! The rows of the workers: signs of life for operators and sweeps. No lease depends on them.

use platform::Db;
use sea_orm::{ConnectionTrait as _, DbErr};

use super::sql::statement;
use crate::policy::Pool;

/// A sign of life.
#[derive(Debug)]
pub struct Sign<'a> {
    pub worker: &'a str,
    pub pool: Pool,
    pub concurrency: u32,
    pub busy: u32,
    pub draining: bool,
}

/// Write the sign of life.
///
/// # Errors
/// When the database refuses.
pub async fn sign(db: &Db, sign: &Sign<'_>) -> Result<(), DbErr> {
    let now = db.engine().now_sql();
    let sql = format!(
        "INSERT INTO workers (id, pool, host, pid, version, state, concurrency, busy, started_at, heartbeat_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, {now}, {now})
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, concurrency = excluded.concurrency, busy = excluded.busy, heartbeat_at = excluded.heartbeat_at"
    );
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let values = [
        sign.worker.into(),
        sign.pool.name().into(),
        host().into(),
        number(std::process::id()).into(),
        env!("CARGO_PKG_VERSION").into(),
        if sign.draining { "draining" } else { "running" }.into(),
        number(sign.concurrency).into(),
        number(sign.busy).into(),
    ];
    let txn = db.write().await?;
    txn.execute_raw(statement(db.engine(), sql, values)).await?;
    txn.commit().await
}

/// Take the row away.
///
/// # Errors
/// When the database refuses.
pub async fn sign_off(db: &Db, worker: &str) -> Result<(), DbErr> {
    let txn = db.write().await?;
    txn.execute_raw(statement(db.engine(), "DELETE FROM workers WHERE id = $1", [worker.into()])).await?;
    txn.commit().await
}

/// The name of this machine, as the kernel has it.
#[must_use]
pub fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(|_| "unknown".into(), |name| name.trim().to_owned())
}
