//! Opening the book: lock the accounts in the one order that everybody keeps, then read what is known of the transfers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entities::Timestamp;
use entities::id::{AccountId, TransferId};
use entities::ledger_account::{self, Kind};
use entities::ledger_transfer;
use platform::{Db, Engine, Txn};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveEnum as _, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _};

use super::book::{Book, Held};
use super::{Account, Chain, Figures, LedgerError, NewTransfer, Step, Transfer};
use crate::context::Domain;
use crate::sql::{any_of_ids, ids, statement};

/// The order in which everybody locks: what everybody pays to comes last, so that it is held for the shortest time.
pub(super) const LOCK_ORDER: &str = "kind = 'vendor_unsettled', id";
/// Rows of one insert: SQLite takes 32,766 values in a statement.
const ROWS_OF_INSERT_MAX: usize = 1_000;

/// A transfer, as it is now.
///
/// # Errors
/// When the database refuses.
pub async fn transfer(db: &Db, id: TransferId) -> Result<Option<Transfer>, DbErr> {
    ledger_transfer::Entity::find_by_id(id).one(db.connection()).await
}

impl Book {
    /// Lock what these chains touch, and some accounts besides. Those that are not there yet hold nothing, and are opened when something has come to them.
    ///
    /// # Errors
    /// [`LedgerError::Raced`] when one of the transfers came to be while the accounts were locked.
    pub(crate) async fn open(domain: &Domain, txn: &Txn, chains: &[Chain], also: &[Account]) -> Result<Self, LedgerError> {
        let (mut named, mut asked, mut earlier) = (BTreeMap::new(), Vec::new(), Vec::new());
        named.extend(also.iter().map(|account| (account.id(), Some(*account))));
        for step in chains.iter().flat_map(Chain::steps) {
            match step {
                Step::Create(new) => {
                    named.extend([new.debit, new.credit].map(|account| (account.id(), Some(account))));
                    asked.push(new.id);
                }
                Step::Post(id) | Step::Void(id) => earlier.push(*id),
                Step::Reverse { id, original } => {
                    asked.push(*id);
                    earlier.push(*original);
                }
            }
        }
        if !earlier.is_empty() {
            // Which accounts a transfer has never changes, so this may be read before they are locked.
            for transfer in transfers(txn, &earlier).await? {
                named.entry(transfer.debit_account_id).or_insert(None);
                named.entry(transfer.credit_account_id).or_insert(None);
            }
        }
        let accounts = lock(txn, &named).await?;
        asked.extend(&earlier);
        let there = if asked.is_empty() { Vec::new() } else { transfers(txn, &asked).await? };
        let touched = |id: &TransferId| there.iter().find(|transfer| transfer.id == *id);
        let unlocked = |id: &TransferId| touched(id).is_some_and(|transfer| !accounts.contains_key(&transfer.debit_account_id));
        if earlier.iter().any(unlocked) {
            return Err(LedgerError::Raced);
        }
        let reversals = if earlier.is_empty() { Vec::new() } else { reversals(txn, &earlier).await? };
        let reversed = reversals.into_iter().filter_map(|by| Some((by.reverses_id?, by.id))).collect();
        Ok(Self::new(domain.now(), accounts, there, reversed))
    }
}

impl Book {
    /// Lock only what these transfers take from, and look none of them up. What they give to is written without having been read, and that one of them was there before
    /// shows in [`Book::close`], as [`LedgerError::Raced`]. Two that give and take in opposite directions would wait for each other: only for
    /// transfers to accounts that come last in the order of locks.
    pub(crate) async fn fast(domain: &Domain, txn: &Txn, transfers: &[NewTransfer]) -> Result<Self, DbErr> {
        let debited: BTreeSet<AccountId> = transfers.iter().map(|new| new.debit.id()).collect();
        let mut accounts = locked(txn, debited.into_iter()).await?;
        for new in transfers {
            let blind = Held { is_blind: true, ..Held::nothing(new.credit.kind) };
            accounts.entry(new.credit.id()).or_insert(blind);
        }
        Ok(Self::new(domain.now(), accounts, Vec::new(), HashMap::new()))
    }

    /// Look some transfers up after all. Answers whether any is there.
    ///
    /// # Errors
    /// [`LedgerError::Raced`] when one is there that was taken for new.
    pub(crate) async fn look_up(&mut self, txn: &Txn, asked: &[TransferId]) -> Result<bool, LedgerError> {
        let there = if asked.is_empty() { Vec::new() } else { transfers(txn, asked).await? };
        if there.iter().any(|transfer| self.transfer(transfer.id).is_some()) {
            return Err(LedgerError::Raced);
        }
        let any = !there.is_empty();
        self.learn(there);
        Ok(any)
    }
}

/// Lock accounts, opened if they are not there yet, and do nothing with them: whoever wants to move their money waits. Answers when they are locked.
pub(crate) async fn hold(domain: &Domain, txn: &Txn, account: Account) -> Result<Timestamp, DbErr> {
    open_accounts(txn, &[account], domain.now()).await?;
    locked(txn, std::iter::once(account.id())).await?;
    Ok(domain.now())
}

async fn lock(txn: &Txn, named: &BTreeMap<AccountId, Option<Account>>) -> Result<HashMap<AccountId, Held>, DbErr> {
    let mut held = locked(txn, named.keys().copied()).await?;
    for account in named.values().flatten() {
        // Whoever opens it first writes what it was given, and nothing that it was not given can be taken from it.
        let missing = Held { is_blind: true, opens: Some(*account), ..Held::nothing(account.kind) };
        held.entry(account.id()).or_insert(missing);
    }
    Ok(held)
}

async fn locked(txn: &Txn, accounts: impl Iterator<Item = AccountId>) -> Result<HashMap<AccountId, Held>, DbErr> {
    let engine = txn.engine();
    // On SQLite the transaction has the only pen already.
    let for_update = if engine == Engine::Postgres { "FOR NO KEY UPDATE" } else { "" };
    let sql = format!(
        "SELECT id, kind, posted, pending_in, pending_out FROM ledger_accounts WHERE id {} ORDER BY {LOCK_ORDER} {for_update}",
        any_of_ids(engine)
    );
    let rows = txn.query_all_raw(statement(engine, sql, [ids(engine, accounts)])).await?;
    let read = rows.iter().map(|row| {
        let kind: String = row.try_get_by_index(1)?;
        let figures =
            Figures { posted: row.try_get_by_index(2)?, pending_in: row.try_get_by_index(3)?, pending_out: row.try_get_by_index(4)? };
        let id: AccountId = row.try_get_by_index(0)?;
        Ok((id, Held { figures, ..Held::nothing(Kind::try_from_value(&kind)?) }))
    });
    read.collect()
}

/// Open accounts without anything in them, in the given order. Whoever comes second finds them there.
pub(super) async fn open_accounts(txn: &Txn, accounts: &[Account], now: Timestamp) -> Result<(), DbErr> {
    let row = |account: &Account| {
        let row = ledger_account::Model {
            id: account.id(),
            kind: account.kind,
            owner_id: account.owner,
            mint: account.mint,
            simulated: account.simulated,
            posted: 0,
            pending_in: 0,
            pending_out: 0,
            created_at: now,
        };
        row.into_active_model()
    };
    let unless_there = OnConflict::column(ledger_account::Column::Id).do_nothing().to_owned();
    for some in accounts.chunks(ROWS_OF_INSERT_MAX) {
        let rows = ledger_account::Entity::insert_many(some.iter().map(row)).on_conflict(unless_there.clone());
        rows.exec_without_returning(&**txn).await?;
    }
    Ok(())
}

async fn transfers(txn: &Txn, asked: &[TransferId]) -> Result<Vec<Transfer>, DbErr> {
    of_ids(txn, "id", asked).await
}

/// The transfers that take some of these back.
async fn reversals(txn: &Txn, originals: &[TransferId]) -> Result<Vec<Transfer>, DbErr> {
    of_ids(txn, "reverses_id", originals).await
}

async fn of_ids(txn: &Txn, column: &str, asked: &[TransferId]) -> Result<Vec<Transfer>, DbErr> {
    let engine = txn.engine();
    let sql = format!("SELECT * FROM ledger_transfers WHERE {column} {}", any_of_ids(engine));
    let rows = statement(engine, sql, [ids(engine, asked.iter().copied())]);
    ledger_transfer::Entity::find().from_raw_sql(rows).all(&**txn).await
}
