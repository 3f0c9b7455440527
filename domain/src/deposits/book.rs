//! Booking what a transaction brought, in one commit. The row of a deposit exists once, and whoever writes it moves the money; whoever finds it does nothing.

use entities::id::{DepositId, ProfileId, TransferId, UserId};
use entities::{Address, Signature, custody_outflow, deposit};
use platform::Txn;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait as _, DbErr, EntityTrait as _, IntoActiveModel as _};
use serde_json::json;
use uuid::Uuid;

use super::{Arrival, Attribution, CustodyAccount, Deposit, DepositError, DepositState, Deposits, arrivals};
use crate::context::Domain;
use crate::events::{self, NewEvent};
use crate::ledger::{self, Account, AccountKind, Chain, NewTransfer, Step, TransferKind};
use crate::ports::chain::ChainTransaction;
use crate::sql::statement;

/// Whose a deposit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner {
    pub profile_id: ProfileId,
    pub user_id: UserId,
    pub attribution: Attribution,
}

impl Deposits<'_> {
    /// Book what a final transaction did to our accounts. Answers how many deposits were new.
    ///
    /// # Errors
    /// When the database refuses; nothing is booked then.
    pub(crate) async fn book(&self, transaction: &ChainTransaction) -> Result<u32, DepositError> {
        let custody = self.custody().await?;
        let ours: Vec<Address> = custody.iter().map(|account| account.address).collect();
        let txn = self.domain.db.write().await?;
        let (mut chains, mut booked) = (Vec::new(), 0);
        for account in &custody {
            let Some(found) = arrivals(transaction, account.address, &ours) else {
                tracing::error!(signature = %transaction.signature, "more arrived in one transaction than can be counted; it is left out");
                continue;
            };
            for arrival in &found.came {
                if let Some(chain) = self.record(&txn, account, transaction, arrival).await? {
                    chains.push(chain);
                    booked += 1;
                }
            }
            if found.left.atomic() > 0 {
                let left = custody_outflow::Model {
                    account: account.address,
                    signature: transaction.signature,
                    amount: found.left,
                    slot: slot_of(transaction),
                    created_at: self.domain.now(),
                };
                let unless_there = OnConflict::new().do_nothing().to_owned();
                custody_outflow::Entity::insert(left.into_active_model()).on_conflict(unless_there).exec_without_returning(&*txn).await?;
            }
        }
        close(&txn, transaction.signature).await?;
        if !chains.is_empty() {
            for done in ledger::apply(self.domain, &txn, &chains).await? {
                done.map_err(ledger::LedgerError::Refused)?;
            }
        }
        txn.commit().await?;
        Ok(booked)
    }

    /// The transfer that goes with the row, if there was no such row.
    async fn record(
        &self,
        txn: &Txn,
        account: &CustodyAccount,
        transaction: &ChainTransaction,
        arrival: &Arrival,
    ) -> Result<Option<Chain>, DepositError> {
        let owner = self.owner_of(txn, arrival).await?;
        let now = self.domain.now();
        let row = Deposit {
            id: self.domain.queue.ids().next(),
            account: account.address,
            mint: account.mint,
            signature: transaction.signature,
            instruction: arrival.instruction,
            inner_instruction: arrival.inner_instruction,
            slot: slot_of(transaction),
            amount: arrival.amount,
            source_account: arrival.source_account,
            source_owner: arrival.source_owner,
            memo: arrival.memo.clone(),
            state: if owner.is_some() { DepositState::Credited } else { DepositState::Unattributed },
            profile_id: owner.map(|owner| owner.profile_id),
            attribution: owner.map(|owner| owner.attribution),
            arrived_at: arrival.at,
            created_at: now,
            credited_at: owner.map(|_| now),
        };
        let unless_there = OnConflict::new().do_nothing().to_owned();
        let insert = deposit::Entity::insert(row.clone().into_active_model()).on_conflict(unless_there);
        if insert.exec_without_returning(&**txn).await? == 0 {
            return Ok(None);
        }
        count(owner);
        let to = if let Some(owner) = owner {
            tell(self.domain, txn, &row, owner).await?;
            Account::of(AccountKind::Agent, owner.profile_id, row.mint)
        } else {
            tracing::warn!(deposit.id = %row.id, signature = %row.signature, "a deposit arrived that is nobody's");
            Account::of_house(AccountKind::Suspense, row.mint)
        };
        Ok(Some(transfer(row.id, Account::of_house(AccountKind::Custody, row.mint), to, &row)))
    }
}

fn slot_of(transaction: &ChainTransaction) -> i64 {
    i64::try_from(transaction.slot).unwrap_or(i64::MAX)
}

/// One movement of a deposit's money.
pub(super) fn transfer(id: DepositId, from: Account, to: Account, row: &Deposit) -> Chain {
    let id = TransferId::from(Uuid::from(id));
    Chain::one(Step::Create(NewTransfer::new(id, from, to, row.amount, TransferKind::Deposit).reference(row.signature.to_string())))
}

pub(super) fn count(owner: Option<Owner>) {
    let attribution = owner.map_or("none", |owner| owner.attribution.name());
    metrics::counter!("tallyman_deposits_total", "attribution" => attribution).increment(1);
}

/// Tell the user whose agent has more now.
pub(super) async fn tell(domain: &Domain, txn: &Txn, row: &Deposit, owner: Owner) -> Result<(), DbErr> {
    let data = json!({
        "state": "credited", "id": row.id, "profile_id": owner.profile_id, "amount": row.amount, "mint": row.mint,
        "tx_hash": row.signature, "attribution": owner.attribution.name(),
    });
    events::append(domain, txn, NewEvent { topic: format!("user:{}", owner.user_id), event: "depositUpdate", data }).await
}

/// The transaction has been read.
async fn close(txn: &Txn, signature: Signature) -> Result<(), DbErr> {
    let sql = "UPDATE custody_signatures SET state = 'done' WHERE signature = $1 AND state = 'pending'";
    txn.execute_raw(statement(txn.engine(), sql, [signature.into()])).await.map(drop)
}
