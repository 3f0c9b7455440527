//! Forgetting old answers.

use sea_orm::DbErr;

use crate::context::Domain;
use crate::sql::delete;

/// Delete up to `rows_max` keys whose time is over. Answers how many; repeat until none is left.
///
/// # Errors
/// When the database refuses.
pub async fn prune(domain: &Domain, rows_max: u32) -> Result<u64, DbErr> {
    let sql = format!(
        "DELETE FROM idempotency_keys WHERE scope_hash IN (SELECT scope_hash FROM idempotency_keys WHERE expires_at <= {} LIMIT {rows_max})",
        domain.db.engine().now_sql()
    );
    delete(&domain.db, sql, []).await
}
