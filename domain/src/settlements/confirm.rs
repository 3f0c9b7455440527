//! A batch was paid: payouts, money, events, the batch itself, in one commit.

use std::time::Duration;

use entities::chain_transaction::State;
use entities::{payout, settlement_batch};
use platform::Txn;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::attempt::Attempt;
use super::settle::Progress;
use super::{Batch, BatchState, Payout, PayoutState, SettlementError, Settlements, money};
use crate::ledger::{self, Chain};

impl Settlements<'_> {
    /// The transaction is final. However often it is said, the money arrives once.
    pub(super) async fn confirm(&self, batch: &Batch, attempt: &Attempt, slot: u64) -> Result<Progress, SettlementError> {
        let lines = self.lines(batch.id).await?;
        let txn = self.domain.db.write().await?;
        self.touch(&txn, batch).await?;
        self.end(&txn, attempt, State::Finalized, Some(slot), None).await?;
        self.close(&txn, batch, BatchState::Settled).await?;
        let now = self.domain.now();
        let arrived = payout::Entity::update_many()
            .col_expr(payout::Column::State, Expr::value(PayoutState::Confirmed))
            .col_expr(payout::Column::Signature, Expr::value(attempt.signature))
            .col_expr(payout::Column::EndedAt, Expr::value(now));
        let live = payout::Column::State.is_in([PayoutState::Batched, PayoutState::Submitted]);
        arrived.filter(payout::Column::BatchId.eq(batch.id)).filter(live).exec(&*txn).await?;
        for line in &lines {
            let told = Payout { state: PayoutState::Confirmed, signature: Some(attempt.signature), ended_at: Some(now), ..line.clone() };
            self.tell(&txn, &told).await?;
        }
        let chains: Vec<Chain> = lines.iter().map(|line| Chain::one(money::arrives(line))).collect();
        for moved in ledger::apply(self.domain, &txn, &chains).await? {
            moved.map_err(ledger::LedgerError::from)?;
        }
        txn.commit().await?;
        self.domain.changed();
        tracing::info!(batch.id = %batch.id, signature = %attempt.signature, payouts = lines.len(), "paid batch `{}`", batch.id);
        self.over(batch.id).await
    }

    /// No line is left that could be paid.
    pub(super) async fn empty(&self, batch: &Batch) -> Result<Progress, SettlementError> {
        let txn = self.domain.db.write().await?;
        self.touch(&txn, batch).await?;
        self.close(&txn, batch, BatchState::Empty).await?;
        txn.commit().await?;
        Ok(Progress::Later { delay: Duration::ZERO, why: "nothing is left to pay".into() })
    }

    async fn close(&self, txn: &Txn, batch: &Batch, state: BatchState) -> Result<(), SettlementError> {
        let close = settlement_batch::Entity::update_many()
            .col_expr(settlement_batch::Column::State, Expr::value(state))
            .col_expr(settlement_batch::Column::EndedAt, Expr::value(self.domain.now()));
        close.filter(settlement_batch::Column::Id.eq(batch.id)).exec(&**txn).await?;
        Ok(())
    }
}
