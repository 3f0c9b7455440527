//! Pending transfers that nobody decided in time never happened.

use entities::id::TransferId;
use entities::ledger_transfer::{self, State};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::{Chain, LedgerError, Step, apply};
use crate::context::Domain;

/// Void up to `transfers_max` pending transfers that have expired, in a transaction of its own. Answers how many; repeat until none is left.
///
/// # Errors
/// When the database refuses.
pub async fn void_expired(domain: &Domain, transfers_max: u64) -> Result<u64, LedgerError> {
    let overdue = ledger_transfer::Entity::find().select_only().column(ledger_transfer::Column::Id);
    let overdue = overdue.filter(ledger_transfer::Column::State.eq(State::Pending));
    let overdue = overdue.filter(ledger_transfer::Column::ExpiresAt.lte(domain.now()));
    let overdue = overdue.order_by_asc(ledger_transfer::Column::ExpiresAt).limit(transfers_max);
    let ids: Vec<TransferId> = overdue.into_tuple().all(domain.db.connection()).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let txn = domain.db.write().await?;
    let chains: Vec<_> = ids.into_iter().map(|id| Chain::one(Step::Void(id))).collect();
    let done = apply(domain, &txn, &chains).await?;
    txn.commit().await?;
    Ok(done.iter().flatten().flatten().filter(|voided| !voided.is_replay()).count() as u64)
}
