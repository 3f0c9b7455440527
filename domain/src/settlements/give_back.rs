//! A line that cannot be paid leaves its batch, and its vendor has the money again.

use std::time::Duration;

use entities::payout;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::settle::Progress;
use super::{Batch, Payout, PayoutState, SettlementError, Settlements, money};
use crate::ledger;

impl Settlements<'_> {
    /// Nothing of the batch may be on its way: the version says that nobody has signed since it was read.
    pub(super) async fn give_back(&self, batch: &Batch, index: usize, reason: &str) -> Result<Progress, SettlementError> {
        let lines = self.lines(batch.id).await?;
        let line = lines.get(index).ok_or(SettlementError::Changed { id: batch.id })?;
        let now = self.domain.now();
        let back = Payout { state: PayoutState::Returned, failure: Some(reason.to_owned()), ended_at: Some(now), ..line.clone() };
        let txn = self.domain.db.write().await?;
        self.touch(&txn, batch).await?;
        let write = payout::Entity::update_many()
            .col_expr(payout::Column::State, Expr::value(back.state))
            .col_expr(payout::Column::Failure, Expr::value(reason))
            .col_expr(payout::Column::EndedAt, Expr::value(now));
        write.filter(payout::Column::Id.eq(line.id)).exec(&*txn).await?;
        self.tell(&txn, &back).await?;
        ledger::one(self.domain, &txn, money::comes_back(line)).await?;
        txn.commit().await?;
        self.domain.changed();
        tracing::warn!(payout.id = %line.id, batch.id = %batch.id, reason, "gave payout `{}` back", line.id);
        Ok(Progress::Later { delay: Duration::ZERO, why: "a line went back; the others go on".into() })
    }
}
