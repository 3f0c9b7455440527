//! Promises and bonds hang on one job each. When that job was cancelled, given up or lost, they go on with another one.

use std::time::Duration;

use entities::Timestamp;
use entities::id::{IntentBatchId, ProfileId, TransferId};
use jobs::NewJob;
use jobs::kinds::{PostIntents, ReleaseBond};
use sea_orm::{ConnectionTrait as _, DbErr};

use super::{PayError, Payments};
use crate::sql::statement;

/// How long a job of its own may be late before somebody looks.
const PATIENCE: Duration = Duration::from_mins(5);
/// Of each sort, at one look.
const ROWS_MAX: u32 = 500;

impl Payments<'_> {
    /// Enqueue again what is overdue. What has a live job keeps it. Answers how many were found.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn reconcile(&self) -> Result<usize, PayError> {
        let late = |earlier: Duration| {
            let since = self.domain.now().micros() - i64::try_from((earlier + PATIENCE).as_micros()).unwrap_or(i64::MAX / 2);
            Timestamp::from_micros(since)
        };
        let unbonding = Duration::from_secs(self.domain.settings.payments.unbonding_seconds.into());
        let mut jobs = self.batches(late(Duration::ZERO)).await?;
        jobs.extend(self.bonds(late(unbonding)).await?);
        let found = jobs.len();
        if found > 0 {
            let txn = self.domain.db.write().await?;
            let (_, wake) = self.domain.queue.enqueue_all(&txn, jobs).await?;
            jobs::commit(txn, wake).await?;
        }
        Ok(found)
    }

    async fn batches(&self, before: Timestamp) -> Result<Vec<NewJob>, PayError> {
        let sql = format!("SELECT DISTINCT batch_id FROM payment_intents WHERE state = 'pending' AND created_at < $1 LIMIT {ROWS_MAX}");
        let rows = self.domain.db.query_all_raw(statement(self.domain.db.engine(), sql, [before.into()])).await?;
        let ids = rows.iter().map(|row| row.try_get_by_index::<IntentBatchId>(0)).collect::<Result<Vec<_>, DbErr>>()?;
        Ok(ids.into_iter().map(|batch_id| NewJob::of(&PostIntents { batch_id })).collect::<Result<_, _>>()?)
    }

    async fn bonds(&self, before: Timestamp) -> Result<Vec<NewJob>, PayError> {
        let sql = format!(
            "SELECT t.id, d.owner_id FROM ledger_transfers t JOIN ledger_accounts d ON d.id = t.debit_account_id
             WHERE t.state = 'pending' AND t.kind = 'unbond' AND t.created_at < $1 AND d.owner_id IS NOT NULL LIMIT {ROWS_MAX}"
        );
        let rows = self.domain.db.query_all_raw(statement(self.domain.db.engine(), sql, [before.into()])).await?;
        let read = rows.iter().map(|row| Ok((row.try_get_by_index::<TransferId>(0)?, row.try_get_by_index::<ProfileId>(1)?)));
        let found = read.collect::<Result<Vec<_>, DbErr>>()?;
        let job = |(transfer_id, profile_id)| NewJob::of(&ReleaseBond { transfer_id, profile_id });
        Ok(found.into_iter().map(job).collect::<Result<_, _>>()?)
    }
}
