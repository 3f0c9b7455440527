//! Forgetting old events.

use sea_orm::DbErr;

use crate::context::Domain;
use crate::sql::{DAY_US, delete};

/// Delete up to `rows_max` events that nobody can resume from any more (one without a place is still to be told), and what is known of as many topics that were silent for long. Answers how many; repeat until none is left.
///
/// # Errors
/// When the database refuses.
pub async fn prune(domain: &Domain, rows_max: u32) -> Result<u64, DbErr> {
    let sql = format!(
        "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE created_at < {} - $1 AND seq IS NOT NULL ORDER BY id LIMIT {rows_max})",
        domain.db.engine().now_sql()
    );
    let topics = format!(
        "DELETE FROM event_topics WHERE topic IN (SELECT topic FROM event_topics WHERE used_at < {} - $1 ORDER BY used_at LIMIT {rows_max})",
        domain.db.engine().now_sql()
    );
    let keeping = &domain.settings.keeping;
    let events = delete(&domain.db, sql, [(i64::from(keeping.events_seconds) * 1_000_000).into()]).await?;
    let topics = delete(&domain.db, topics, [(i64::from(keeping.event_topics_days) * DAY_US).into()]).await?;
    Ok(events + topics)
}
