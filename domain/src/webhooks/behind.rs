//! Endpoints that take events more slowly than they come. Each request of theirs may succeed, so no failure ever disables them.

use std::time::Duration;

use entities::Timestamp;
use entities::webhook_endpoint::{self, State};
use jobs::Pool;
use jobs::kinds::DeliverWebhook;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait as _, Condition, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use super::tried::before;
use super::{WebhookError, Webhooks};
use crate::mail;
use crate::ops::HEARTBEAT_AGE_MAX;
use crate::sql::statement;

const HOUR: Duration = Duration::from_hours(1);

impl Webhooks<'_> {
    /// Note which endpoints are behind, and disable those that have been so for too long. Behind is who has left an event without its first
    /// request for an hour, and has kept its lane busy for half of that hour with its own requests: neither a neighbour that is slow nor a
    /// backlog of ours counts against it. While nobody here sends, nobody is behind. Answers how many were disabled.
    ///
    /// # Errors
    /// When the database refuses, or a mail cannot be sealed; who was disabled by then stays so.
    pub async fn disable_those_behind(&self) -> Result<u64, WebhookError> {
        self.note_those_behind().await?;
        let hours_max = self.domain.settings.webhooks.behind_hours_max;
        let since = before(self.domain.now(), HOUR * hours_max);
        let found = webhook_endpoint::Entity::find().filter(is_behind_since(since)).all(self.domain.db.connection()).await?;
        let because =
            format!("it takes events more slowly than they come: for {hours_max} hours they have waited too long for their first request");
        let mut disabled = 0;
        for endpoint in &found {
            disabled += u64::from(self.disable_behind(endpoint, since, &because).await?);
        }
        Ok(disabled)
    }

    /// One endpoint is one transaction. The mail is sealed before, since the key may have to be fetched.
    async fn disable_behind(&self, endpoint: &webhook_endpoint::Model, since: Timestamp, because: &str) -> Result<bool, WebhookError> {
        let id = endpoint.id;
        let notice = self.notice(self.domain.db.connection(), endpoint, because).await?;
        let txn = self.domain.db.write().await?;
        // Its owner may have made it active anew meanwhile.
        let still = webhook_endpoint::Entity::find_by_id(id).filter(is_behind_since(since)).lock(LockType::NoKeyUpdate);
        if still.one(&*txn).await?.is_none() || self.close(&txn, id, because).await?.is_none() {
            return Ok(false);
        }
        let wake = match notice {
            Some(notice) => Some(mail::write(self.domain, &txn, notice).await?.1),
            None => None,
        };
        txn.commit().await?;
        if let Some(wake) = wake {
            wake.send();
        }
        Ok(true)
    }

    async fn note_those_behind(&self) -> Result<(), WebhookError> {
        let txn = self.domain.db.write().await?;
        let (engine, now) = (txn.engine(), txn.engine().now_sql());
        let is_behind = format!(
            "webhook_endpoints.state = 'active'
             AND EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = webhook_endpoints.id AND d.state = 'queued'
                 AND d.attempts = 0 AND d.created_at < $1)
             AND webhook_endpoints.id IN (SELECT d.endpoint_id FROM webhook_attempts a JOIN webhook_deliveries d ON d.id = a.delivery_id
                 WHERE a.at >= $1 GROUP BY d.endpoint_id HAVING sum(a.latency_ms) >= {})
             AND NOT EXISTS (SELECT 1 FROM pool_controls c WHERE c.pool = $2 AND c.paused)
             AND EXISTS (SELECT 1 FROM workers w WHERE w.pool = $2 AND w.heartbeat_at > {now} - {})",
            (HOUR * DeliverWebhook::RUNNING_MAX / 2).as_millis(),
            HEARTBEAT_AGE_MAX.as_micros()
        );
        let values = || [before(self.domain.now(), HOUR).into(), Pool::Notify.name().into()];
        let well = format!("UPDATE webhook_endpoints SET behind_since = NULL WHERE behind_since IS NOT NULL AND NOT ({is_behind})");
        txn.execute_raw(statement(engine, well, values())).await?;
        let behind = format!("UPDATE webhook_endpoints SET behind_since = $3 WHERE behind_since IS NULL AND {is_behind}");
        txn.execute_raw(statement(engine, behind, values().into_iter().chain([self.domain.now().into()]))).await?;
        txn.commit().await?;
        Ok(())
    }
}

fn is_behind_since(since: Timestamp) -> Condition {
    Condition::all().add(webhook_endpoint::Column::State.eq(State::Active)).add(webhook_endpoint::Column::BehindSince.lte(since))
}
