//! Forgetting old events.

use sea_orm::DbErr;

use crate::context::Domain;
use crate::sql::delete;

/// Delete up to `rows_max` events that nobody can resume from any more. Answers how many; repeat until none is left.
///
/// # Errors
/// When the database refuses.
pub async fn prune(domain: &Domain, rows_max: u32) -> Result<u64, DbErr> {
    let sql = format!(
        "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE created_at < {} - $1 ORDER BY id LIMIT {rows_max})",
        domain.db.engine().now_sql()
    );
    let kept_us = i64::from(domain.settings.keeping.events_seconds) * 1_000_000;
    delete(&domain.db, sql, [kept_us.into()]).await
}
