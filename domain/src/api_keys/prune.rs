//! Forgetting keys that have opened nothing for a long time.

use sea_orm::DbErr;

use crate::context::Domain;
use crate::sql::{DAY_US, delete};

/// Delete up to `rows_max` keys that ended long enough ago. Answers how many; repeat until none is left.
///
/// # Errors
/// When the database refuses.
pub async fn prune(domain: &Domain, rows_max: u32) -> Result<u64, DbErr> {
    let before = domain.now().micros() - i64::from(domain.settings.api_keys.ended_days) * DAY_US;
    let mut deleted = 0;
    for end in ["revoked_at", "replaced_at", "expires_at"] {
        let sql = format!("DELETE FROM api_keys WHERE id IN (SELECT id FROM api_keys WHERE {end} < $1 LIMIT {rows_max})");
        deleted += delete(&domain.db, sql, [before.into()]).await?;
    }
    Ok(deleted)
}
