//! Endpoints that take events more slowly than they come. Each request of theirs may succeed, so no failure ever disables them.

use std::time::Duration;

use entities::id::WebhookId;
use entities::webhook_endpoint::{self, State};
use jobs::Pool;
use platform::Txn;
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use super::tried::before;
use super::{WebhookError, Webhooks};
use crate::ops::HEARTBEAT_AGE_MAX;
use crate::sql::statement;

const HOUR: Duration = Duration::from_hours(1);

impl Webhooks<'_> {
    /// Note which endpoints have left an event without its first request for an hour, and disable those that have been so for too long.
    /// While nobody here sends, nobody is behind. Answers how many were disabled.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn disable_those_behind(&self) -> Result<u64, WebhookError> {
        let txn = self.domain.db.write().await?;
        self.note_those_behind(&txn).await?;
        let hours_max = self.domain.settings.webhooks.behind_hours_max;
        let since = before(self.domain.now(), HOUR * hours_max);
        let found = webhook_endpoint::Entity::find().select_only().column(webhook_endpoint::Column::Id);
        let found =
            found.filter(webhook_endpoint::Column::State.eq(State::Active)).filter(webhook_endpoint::Column::BehindSince.lte(since));
        let ids: Vec<WebhookId> = found.into_tuple().all(&*txn).await?;
        let because =
            format!("it takes events more slowly than they come: for {hours_max} hours they have waited too long for their first request");
        let mut wakes = Vec::new();
        for id in &ids {
            wakes.extend(self.disable(&txn, *id, &because).await?);
        }
        txn.commit().await?;
        wakes.into_iter().for_each(jobs::Wake::send);
        Ok(ids.len() as u64)
    }

    async fn note_those_behind(&self, txn: &Txn) -> Result<(), WebhookError> {
        let (engine, now) = (txn.engine(), txn.engine().now_sql());
        let is_behind = format!(
            "webhook_endpoints.state = 'active'
             AND EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = webhook_endpoints.id AND d.state = 'queued'
                 AND d.attempts = 0 AND d.created_at < $1)
             AND NOT EXISTS (SELECT 1 FROM pool_controls c WHERE c.pool = $2 AND c.paused)
             AND EXISTS (SELECT 1 FROM workers w WHERE w.pool = $2 AND w.heartbeat_at > {now} - {})",
            HEARTBEAT_AGE_MAX.as_micros()
        );
        let values = || [before(self.domain.now(), HOUR).into(), Pool::Notify.name().into()];
        let well = format!("UPDATE webhook_endpoints SET behind_since = NULL WHERE behind_since IS NOT NULL AND NOT ({is_behind})");
        txn.execute_raw(statement(engine, well, values())).await?;
        let behind = format!("UPDATE webhook_endpoints SET behind_since = $3 WHERE behind_since IS NULL AND {is_behind}");
        txn.execute_raw(statement(engine, behind, values().into_iter().chain([self.domain.now().into()]))).await?;
        Ok(())
    }
}
