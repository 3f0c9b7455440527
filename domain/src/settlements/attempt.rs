//! The transactions of a batch: signed, stored, sent, over.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use entities::chain_transaction::{self, Purpose, State};
use entities::id::BatchId;
use entities::payout;
use entities::settlement_batch;
use platform::Txn;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _};

use super::{Batch, BatchState, PayoutState, SettlementError, Settlements};
use crate::ports::chain::{Chain, Draft, Height, Signed, Treasury};

pub(super) use entities::chain_transaction::Model as Attempt;

impl Settlements<'_> {
    /// The transaction of the batch that may be on its way.
    pub(super) async fn alive(&self, batch: BatchId) -> Result<Option<Attempt>, DbErr> {
        let of_it = chain_transaction::Entity::find().filter(chain_transaction::Column::BatchId.eq(batch));
        of_it.filter(chain_transaction::Column::State.eq(State::Signed)).one(self.domain.db.connection()).await
    }

    /// All that was ever signed for it, oldest first.
    pub(super) async fn attempts(&self, batch: BatchId) -> Result<Vec<Attempt>, DbErr> {
        let of_it = chain_transaction::Entity::find().filter(chain_transaction::Column::BatchId.eq(batch));
        of_it.order_by_asc(chain_transaction::Column::Id).all(self.domain.db.connection()).await
    }

    /// Sign, store, commit; and only then send. Whoever has not seen the batch as it is now, signs in vain: nothing of it leaves the process.
    pub(super) async fn launch(
        &self,
        batch: &Batch,
        (purpose, lamports): (Purpose, i64),
        draft: &Draft,
        (chain, treasury): (&dyn Chain, &dyn Treasury),
    ) -> Result<(), SettlementError> {
        let signed = treasury.sign(draft).await?;
        let txn = self.domain.db.write().await?;
        self.touch(&txn, batch).await?;
        let row = Attempt {
            id: self.domain.queue.ids().next(),
            batch_id: batch.id,
            purpose,
            signature: signed.signature,
            message_hash: hex::encode(signed.message_hash),
            wire: BASE64.encode(&signed.wire),
            last_valid_height: i64::try_from(signed.last_valid.0).unwrap_or(i64::MAX),
            state: State::Signed,
            sends: 1,
            lamports,
            slot: None,
            failure: None,
            created_at: self.domain.now(),
            ended_at: None,
        };
        chain_transaction::Entity::insert(row.into_active_model()).exec_without_returning(&*txn).await?;
        if purpose == Purpose::Payouts {
            let lines = payout::Entity::update_many().col_expr(payout::Column::State, Expr::value(PayoutState::Submitted));
            let lines = lines.filter(payout::Column::BatchId.eq(batch.id)).filter(payout::Column::State.eq(PayoutState::Batched));
            lines.exec(&*txn).await?;
        }
        txn.commit().await?;
        tracing::info!(batch.id = %batch.id, signature = %signed.signature, ?purpose, "signed a transaction of batch `{}`", batch.id);
        hand_over(chain, &signed).await;
        Ok(())
    }

    /// Hand the stored bytes over once more.
    pub(super) async fn send_again(&self, attempt: &Attempt, chain: &dyn Chain) -> Result<(), SettlementError> {
        let sends = Expr::col(chain_transaction::Column::Sends).add(1);
        let count = chain_transaction::Entity::update_many().col_expr(chain_transaction::Column::Sends, sends);
        count.filter(chain_transaction::Column::Id.eq(attempt.id)).exec(self.domain.db.connection()).await?;
        hand_over(chain, &attempt.signed()?).await;
        Ok(())
    }

    /// Write down how it ended, if nobody has. False when somebody has.
    pub(super) async fn end(
        &self,
        txn: &Txn,
        attempt: &Attempt,
        state: State,
        slot: Option<u64>,
        failure: Option<String>,
    ) -> Result<bool, DbErr> {
        let end = chain_transaction::Entity::update_many()
            .col_expr(chain_transaction::Column::State, Expr::value(state))
            .col_expr(chain_transaction::Column::Slot, Expr::value(slot.and_then(|slot| i64::try_from(slot).ok())))
            .col_expr(chain_transaction::Column::Failure, Expr::value(failure))
            .col_expr(chain_transaction::Column::EndedAt, Expr::value(self.domain.now()));
        let end = end.filter(chain_transaction::Column::Id.eq(attempt.id)).filter(chain_transaction::Column::State.eq(attempt.state));
        Ok(end.exec(&**txn).await?.rows_affected == 1)
    }

    /// Raise the version of a batch that is as it was read, so that nobody else goes on from there.
    pub(super) async fn touch(&self, txn: &Txn, batch: &Batch) -> Result<(), SettlementError> {
        let touch = settlement_batch::Entity::update_many()
            .col_expr(settlement_batch::Column::Version, Expr::value(batch.version + 1))
            .col_expr(settlement_batch::Column::Trouble, Expr::value(None::<String>))
            .filter(settlement_batch::Column::Id.eq(batch.id))
            .filter(settlement_batch::Column::Version.eq(batch.version))
            .filter(settlement_batch::Column::State.eq(BatchState::Settling));
        match touch.exec(&**txn).await?.rows_affected {
            1 => Ok(()),
            _ => Err(SettlementError::Changed { id: batch.id }),
        }
    }
}

trait Stored {
    fn signed(&self) -> Result<Signed, SettlementError>;
}

impl Stored for Attempt {
    fn signed(&self) -> Result<Signed, SettlementError> {
        let broken = || SettlementError::Database(DbErr::Custom(format!("the bytes of {} cannot be read", self.signature)));
        let mut message_hash = [0; 32];
        hex::decode_to_slice(&self.message_hash, &mut message_hash).map_err(|_| broken())?;
        let wire = BASE64.decode(&self.wire).map_err(|_| broken())?;
        Ok(Signed { signature: self.signature, message_hash, wire, last_valid: last_valid(self) })
    }
}

pub(super) fn last_valid(attempt: &Attempt) -> Height {
    Height(u64::try_from(attempt.last_valid_height).unwrap_or_default())
}

/// What the node answers says nothing: the status will.
async fn hand_over(chain: &dyn Chain, signed: &Signed) {
    if let Err(error) = chain.send(signed).await {
        tracing::debug!(signature = %signed.signature, error = &error as &dyn std::error::Error, "a node did not take it, or says so");
    }
}
