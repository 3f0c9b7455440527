//! Forgetting old answers.

use sea_orm::{ConnectionTrait as _, DbErr};

use crate::context::Domain;
use crate::sql::statement;

/// Delete up to `rows_max` keys whose time is over. Answers how many; repeat until none is left.
///
/// # Errors
/// When the database refuses.
pub async fn prune(domain: &Domain, rows_max: u32) -> Result<u64, DbErr> {
    let engine = domain.db.engine();
    let sql = format!(
        "DELETE FROM idempotency_keys WHERE scope_hash IN (SELECT scope_hash FROM idempotency_keys WHERE expires_at <= {} LIMIT {rows_max})",
        engine.now_sql()
    );
    let txn = domain.db.write().await?;
    let deleted = txn.execute_raw(statement(engine, sql, [])).await?.rows_affected();
    txn.commit().await?;
    Ok(deleted)
}
