//! Forgetting old deliveries, whatever became of them.

use platform::Engine;
use sea_orm::DbErr;

use crate::context::Domain;
use crate::sql::{DAY_US, delete};

/// Delete up to `rows_max` deliveries that have been kept long enough, with their requests. Answers how many; repeat until none is left.
///
/// # Errors
/// When the database refuses.
pub async fn prune(domain: &Domain, rows_max: u32) -> Result<u64, DbErr> {
    // Whoever holds one is about to say how it stands, or deletes them all in an order of its own.
    let lock = if domain.db.engine() == Engine::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "DELETE FROM webhook_deliveries WHERE id IN
             (SELECT id FROM webhook_deliveries WHERE created_at < {} - $1 ORDER BY created_at LIMIT {rows_max} {lock})",
        domain.db.engine().now_sql()
    );
    delete(&domain.db, sql, [(i64::from(domain.settings.keeping.webhook_deliveries_days) * DAY_US).into()]).await
}
