//! Walking an account's history from its newest transaction back to the cursor. Each page is committed before the next is asked for, so that a walk that broke
//! off goes on where it was, and the cursor moves only when the walk has met it. It stays some slots behind, because nodes that take turns do not all know the
//! newest; whatever stands there twice is written down once.

use entities::{Address, Signature, custody_account, custody_signature};
use jobs::store::sql::{Col, rows};
use platform::Txn;
use sea_orm::{ConnectionTrait as _, DbErr, EntityTrait as _};
use serde_json::{Value, json};

use super::{CustodyAccount, DepositError, Deposits};
use crate::ports::chain::{Page, Seen};
use crate::sql::statement;

/// Whether a walk is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan {
    /// Everything up to the node's newest is written down.
    Complete,
    /// The cursor has not been met yet; the next job goes on.
    Underway,
}

impl Deposits<'_> {
    /// # Errors
    /// When the node or the database does not answer; the pages up to there stay.
    pub(crate) async fn scan(&self, address: Address) -> Result<Scan, DepositError> {
        let chain = self.chain()?;
        let settings = &self.domain.settings.deposits;
        let account = custody_account::Entity::find_by_id(address).one(self.domain.db.connection()).await?.ok_or(DepositError::NotOpen)?;
        let horizon = match account.scan_horizon {
            Some(horizon) => horizon,
            None => wide(chain.slot().await?).saturating_sub(settings.overlap_slots.into()),
        };
        let mut before = account.scan_before;
        for _ in 0..settings.pages_max {
            let page = Page { before, until: account.cursor_signature, size: settings.page_signatures.clamp(1, Page::SIZE_MAX) };
            let seen = chain.signatures(address, page).await?;
            // A node that has forgotten the cursor's transaction goes on below it.
            let is_met = seen.iter().all(|seen| wide(seen.slot) < account.cursor_slot);
            let last = seen.last().map(|seen| seen.signature);
            if !is_met && last == before {
                return Err(DepositError::Stuck);
            }
            let txn = self.domain.db.write().await?;
            note(&txn, &account, &seen).await?;
            if is_met {
                advance(&txn, &account, horizon).await?;
                txn.commit().await?;
                return Ok(Scan::Complete);
            }
            before = last;
            keep_place(&txn, address, before, horizon).await?;
            txn.commit().await?;
        }
        Ok(Scan::Underway)
    }
}

fn wide(slot: u64) -> i64 {
    i64::try_from(slot).unwrap_or(i64::MAX)
}

/// A transaction that failed has moved nothing; it is only a place.
async fn note(txn: &Txn, account: &CustodyAccount, seen: &[Seen]) -> Result<(), DbErr> {
    let row = |seen: &Seen| {
        let state = if seen.failure.is_some() { "done" } else { "pending" };
        json!({ "signature": seen.signature, "slot": wide(seen.slot), "state": state })
    };
    let mut seen: Vec<&Seen> = seen.iter().filter(|seen| wide(seen.slot) >= account.cursor_slot).collect();
    // Two walks at once that write them in one order wait for each other in no circle.
    seen.sort_by_key(|seen| seen.signature);
    let seen: Vec<Value> = seen.into_iter().map(row).collect();
    if seen.is_empty() {
        return Ok(());
    }
    let columns = [("signature", Col::Text), ("slot", Col::Big), ("state", Col::Text)];
    let sql = format!(
        "INSERT INTO custody_signatures (account, signature, slot, state, tries, look_at)
         SELECT $2, r.signature, r.slot, r.state, 0, 0 FROM {} WHERE TRUE ON CONFLICT (account, signature) DO NOTHING",
        rows(txn.engine(), &columns)
    );
    txn.execute_raw(statement(txn.engine(), sql, [Value::from(seen).into(), account.address.into()])).await.map(drop)
}

async fn keep_place(txn: &Txn, address: Address, before: Option<Signature>, horizon: i64) -> Result<(), DbErr> {
    let sql = "UPDATE custody_accounts SET scan_before = $2, scan_horizon = $3 WHERE address = $1";
    txn.execute_raw(statement(txn.engine(), sql, [address.into(), before.into(), horizon.into()])).await.map(drop)
}

/// The walk is over: everything that is not newer than the horizon is written down. Places below the cursor are not needed any more.
async fn advance(txn: &Txn, account: &CustodyAccount, horizon: i64) -> Result<(), DbErr> {
    let engine = txn.engine();
    let newest = "SELECT account, signature, slot, state, tries, look_at FROM custody_signatures
                  WHERE account = $1 AND slot <= $2 ORDER BY slot DESC, signature DESC LIMIT 1";
    let newest = statement(engine, newest, [account.address.into(), horizon.into()]);
    let newest = custody_signature::Entity::find().from_raw_sql(newest).one(&**txn).await?;
    let (signature, slot) = newest.map_or((account.cursor_signature, account.cursor_slot), |row| (Some(row.signature), row.slot));
    let sql = "UPDATE custody_accounts SET cursor_signature = $2, cursor_slot = $3 WHERE address = $1 AND cursor_slot <= $3";
    txn.execute_raw(statement(engine, sql, [account.address.into(), signature.into(), slot.into()])).await?;
    let sql = "UPDATE custody_accounts SET scan_before = NULL, scan_horizon = NULL WHERE address = $1";
    txn.execute_raw(statement(engine, sql, [account.address.into()])).await?;
    let sql = "DELETE FROM custody_signatures WHERE account = $1 AND slot < $2 AND state = 'done'";
    txn.execute_raw(statement(engine, sql, [account.address.into(), slot.into()])).await.map(drop)
}
