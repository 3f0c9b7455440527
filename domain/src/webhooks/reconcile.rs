//! Deliveries whose job ended without its handler: cancelled in operations, failed for the last time, quarantined, deleted.

use entities::id::DeliveryId;
use entities::webhook_delivery::{self, State};
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use super::{WebhookError, Webhooks};
use crate::operations::NOT_CARRIED_OUT;
use crate::sql::statement;

/// What is said of a delivery whose job an operator has cancelled.
const CANCELLED: &str = "an operator cancelled it; it can be replayed";
/// The job of this delivery will never run by itself again.
const JOB_IS_OVER: &str =
    "NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = webhook_deliveries.job_id AND jobs.state IN ('queued', 'running', 'retrying'))";

/// What came of a look at some deliveries.
#[derive(Debug, Clone, Copy)]
pub struct Reconciled {
    pub ended: u64,
    /// The last delivery that was looked at, behind which it goes on; `None` when there are no more.
    pub last: Option<DeliveryId>,
}

impl Webhooks<'_> {
    /// Look at up to `rows_max` deliveries that wait, those behind `after`, and let those fail whose job is over. Repeat until there is no
    /// last one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn reconcile(&self, after: Option<DeliveryId>, rows_max: u32) -> Result<Reconciled, WebhookError> {
        let (db, behind) = (self.domain.db.connection(), if after.is_some() { "AND d.id > $1" } else { "" });
        let sql = format!(
            "SELECT d.id, jobs.state FROM webhook_deliveries d LEFT JOIN jobs ON jobs.id = d.job_id
             WHERE d.state = 'queued' {behind} ORDER BY d.id LIMIT {rows_max}"
        );
        let rows = db.query_all_raw(statement(self.domain.db.engine(), sql, after.map(Into::into))).await?;
        let (mut last, mut cancelled, mut others) = (None, Vec::new(), Vec::new());
        for row in &rows {
            let id: DeliveryId = row.try_get("", "id")?;
            last = Some(id);
            match row.try_get::<Option<String>>("", "state")?.as_deref() {
                Some("queued" | "running" | "retrying") => {}
                Some("cancelled") => cancelled.push(id),
                _ => others.push(id),
            }
        }
        let ended = self.end_with_their_jobs(cancelled, CANCELLED).await? + self.end_with_their_jobs(others, NOT_CARRIED_OUT).await?;
        if ended > 0 {
            tracing::warn!(ended, "deliveries of webhooks ended with their jobs");
        }
        Ok(Reconciled { ended, last })
    }

    async fn end_with_their_jobs(&self, ids: Vec<DeliveryId>, because: &str) -> Result<u64, WebhookError> {
        if ids.is_empty() {
            return Ok(0);
        }
        let txn = self.domain.db.write().await?;
        // Whoever holds a delivery is about to say how it stands.
        let held = webhook_delivery::Entity::find().select_only().column(webhook_delivery::Column::Id);
        let held = held.filter(webhook_delivery::Column::Id.is_in(ids)).lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        let held: Vec<DeliveryId> = held.into_tuple().all(&*txn).await?;
        let over = webhook_delivery::ActiveModel {
            state: Set(State::Failed),
            next_at: Set(None),
            error: Set(Some(because.to_owned())),
            finished_at: Set(Some(self.domain.now())),
            ..webhook_delivery::ActiveModel::default()
        };
        // A statement of its own, which sees the jobs as they are now that nobody can give the deliveries other ones.
        let of_them = webhook_delivery::Entity::update_many().set(over).filter(webhook_delivery::Column::Id.is_in(held));
        let of_them = of_them.filter(webhook_delivery::Column::State.eq(State::Queued)).filter(Expr::cust(JOB_IS_OVER));
        let ended = of_them.exec(&*txn).await?.rows_affected;
        txn.commit().await?;
        Ok(ended)
    }
}
