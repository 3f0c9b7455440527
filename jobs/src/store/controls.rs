//! What operators decide about a pool. It is a row, so it survives every restart.

use platform::{Db, Txn};
use sea_orm::{ConnectionTrait as _, DbErr};

use super::sql::statement;
use crate::policy::Pool;

/// The operators' number of jobs at once for each worker process of the pool; `None` when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn concurrency_max(db: &Db, pool: Pool) -> Result<Option<u32>, DbErr> {
    let sql = "SELECT concurrency_max FROM pool_controls WHERE pool = $1";
    let row = db.query_one_raw(statement(db.engine(), sql, [pool.name().into()])).await?;
    let number = row.map(|row| row.try_get::<Option<i32>>("", "concurrency_max")).transpose()?.flatten();
    Ok(number.and_then(|number| u32::try_from(number).ok()))
}

/// Stop or go on claiming from the pool, everywhere.
///
/// # Errors
/// When the database refuses.
pub async fn set_paused(txn: &Txn, pool: Pool, paused: bool, by: &str) -> Result<(), DbErr> {
    let sql = format!(
        "INSERT INTO pool_controls (pool, paused, updated_at, updated_by) VALUES ($1, $2, {}, $3)
         ON CONFLICT (pool) DO UPDATE SET paused = excluded.paused, updated_at = excluded.updated_at, updated_by = excluded.updated_by",
        txn.engine().now_sql()
    );
    txn.execute_raw(statement(txn.engine(), sql, [pool.name().into(), paused.into(), by.into()])).await?;
    Ok(())
}

/// Let each worker process of the pool run so many jobs at once; `None` gives the number back to its settings.
///
/// # Errors
/// When the database refuses.
pub async fn set_concurrency(txn: &Txn, pool: Pool, concurrency_max: Option<u32>, by: &str) -> Result<(), DbErr> {
    let sql = format!(
        "INSERT INTO pool_controls (pool, concurrency_max, updated_at, updated_by) VALUES ($1, $2, {}, $3)
         ON CONFLICT (pool) DO UPDATE SET concurrency_max = excluded.concurrency_max, updated_at = excluded.updated_at, updated_by = excluded.updated_by",
        txn.engine().now_sql()
    );
    let number = concurrency_max.map(|number| i32::try_from(number).unwrap_or(i32::MAX));
    txn.execute_raw(statement(txn.engine(), sql, [pool.name().into(), number.into(), by.into()])).await?;
    Ok(())
}
