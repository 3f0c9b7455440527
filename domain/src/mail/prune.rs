//! Forgetting old mails, whatever became of them.

use sea_orm::{ConnectionTrait as _, DbErr};

use crate::context::Domain;
use crate::sql::statement;

/// Delete up to `rows_max` mails that have been kept long enough. Answers how many; repeat until none is left.
///
/// # Errors
/// When the database refuses.
pub async fn prune(domain: &Domain, rows_max: u32) -> Result<u64, DbErr> {
    let engine = domain.db.engine();
    let sql = format!(
        "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE created_at < {} - $1 ORDER BY created_at LIMIT {rows_max})",
        engine.now_sql()
    );
    let kept_us = i64::from(domain.settings.keeping.mails_seconds) * 1_000_000;
    let txn = domain.db.write().await?;
    let deleted = txn.execute_raw(statement(engine, sql, [kept_us.into()])).await?.rows_affected();
    txn.commit().await?;
    Ok(deleted)
}
