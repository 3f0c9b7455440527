//! Deliveries whose job ended without its handler: cancelled in operations, failed for the last time, quarantined, deleted.

use platform::Engine;
use sea_orm::ConnectionTrait as _;

use super::{WebhookError, Webhooks};
use crate::operations::NOT_CARRIED_OUT;
use crate::sql::statement;

/// What is said of a delivery whose job an operator has cancelled.
const CANCELLED: &str = "an operator cancelled it; it can be replayed";

impl Webhooks<'_> {
    /// Let up to `rows_max` deliveries fail whose job is over. Answers how many; repeat until none is left.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn reconcile(&self, rows_max: u32) -> Result<u64, WebhookError> {
        let txn = self.domain.db.write().await?;
        // Whoever holds a delivery is about to say how it stands.
        let lock = if txn.engine() == Engine::Postgres { "FOR UPDATE OF d SKIP LOCKED" } else { "" };
        let sql = format!(
            "UPDATE webhook_deliveries SET state = 'failed', next_at = NULL, finished_at = $1,
                 error = CASE (SELECT state FROM jobs WHERE jobs.id = webhook_deliveries.job_id) WHEN 'cancelled' THEN $2 ELSE $3 END
             WHERE id IN (
                 SELECT d.id FROM webhook_deliveries d
                 WHERE d.state = 'queued'
                     AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = d.job_id AND jobs.state IN ('queued', 'running', 'retrying'))
                 LIMIT {rows_max} {lock})"
        );
        let values = [self.domain.now().into(), CANCELLED.into(), NOT_CARRIED_OUT.into()];
        let ended = txn.execute_raw(statement(txn.engine(), sql, values)).await?.rows_affected();
        txn.commit().await?;
        if ended > 0 {
            tracing::warn!(ended, "deliveries of webhooks ended with their jobs");
        }
        Ok(ended)
    }
}
