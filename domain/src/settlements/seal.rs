//! Batches of what waits.

use entities::Address;
use entities::id::BatchId;
use entities::payout::{self, State};
use entities::settlement_batch;
use jobs::NewJob;
use jobs::kinds::SettleBatch;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::{Batch, BatchState, Payout, SettlementError, Settlements};
use crate::ports::chain::PayoutBatch;

impl Settlements<'_> {
    /// Put what waits into batches, the oldest first, each with its job. Answers how many payouts found a place.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn seal(&self) -> Result<usize, SettlementError> {
        let txn = self.domain.db.write().await?;
        let waiting = payout::Entity::find().filter(payout::Column::State.eq(State::Pending)).order_by_asc(payout::Column::Id);
        let waiting = waiting.limit(u64::from(self.domain.settings.settlements.sealed_payouts_max)).lock_exclusive().all(&*txn).await?;
        let (count, mut jobs) = (waiting.len(), Vec::new());
        for (mint, payouts) in by_mint(waiting) {
            for lines in payouts.chunks(PayoutBatch::LINES_MAX) {
                let id: BatchId = self.domain.queue.ids().next();
                let batch = Batch {
                    id,
                    mint,
                    state: BatchState::Settling,
                    lookup_table: None,
                    version: 1,
                    trouble: None,
                    created_at: self.domain.now(),
                    ended_at: None,
                };
                settlement_batch::Entity::insert(batch.into_active_model()).exec_without_returning(&*txn).await?;
                for (line, payout) in (0..).zip(lines) {
                    let place = payout::Entity::update_many()
                        .col_expr(payout::Column::State, Expr::value(State::Batched))
                        .col_expr(payout::Column::BatchId, Expr::value(id))
                        .col_expr(payout::Column::Line, Expr::value::<i32>(line));
                    place.filter(payout::Column::Id.eq(payout.id)).exec(&*txn).await?;
                }
                jobs.push(NewJob::of(&SettleBatch { batch_id: id })?);
            }
        }
        let (_, wake) = self.domain.queue.enqueue_all(&txn, jobs).await?;
        jobs::commit(txn, wake).await?;
        Ok(count)
    }

    /// Batches that are not over, oldest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn live(&self) -> Result<Vec<BatchId>, SettlementError> {
        let live = settlement_batch::Entity::find().filter(settlement_batch::Column::State.eq(BatchState::Settling));
        let live = live.order_by_asc(settlement_batch::Column::Id).limit(RESUMED_MAX).all(self.domain.db.connection()).await?;
        Ok(live.into_iter().map(|batch| batch.id).collect())
    }

    /// Give every batch that is not over its job again, where it has none that lives. Answers how many were given one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn resume(&self) -> Result<usize, SettlementError> {
        let batches = self.live().await?.into_iter();
        let jobs = batches.map(|batch_id| NewJob::of(&SettleBatch { batch_id })).collect::<Result<Vec<_>, _>>()?;
        let txn = self.domain.db.write().await?;
        let (enqueued, wake) = self.domain.queue.enqueue_all(&txn, jobs).await?;
        jobs::commit(txn, wake).await?;
        Ok(enqueued.iter().filter(|job| !job.existed).count())
    }
}

/// Batches that are looked after in one go.
const RESUMED_MAX: u64 = 500;

fn by_mint(payouts: Vec<Payout>) -> Vec<(Address, Vec<Payout>)> {
    let mut groups: Vec<(Address, Vec<Payout>)> = Vec::new();
    for payout in payouts {
        match groups.iter_mut().find(|(mint, _)| *mint == payout.mint) {
            Some((_, group)) => group.push(payout),
            None => groups.push((payout.mint, vec![payout])),
        }
    }
    groups
}
