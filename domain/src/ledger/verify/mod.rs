//! Does the ledger still say what its transfers say? Every promise is checked against the rows themselves, on one snapshot, and changed is nothing.

mod accounts;
mod transfers;

use platform::{Db, Engine};
use sea_orm::{AccessMode, ConnectionTrait as _, DatabaseTransaction, DbErr, IsolationLevel, TransactionTrait as _};

use super::balances::{wide, wide_sum};
use crate::sql::statement;

/// One promise that is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// Which promise: `figures`, `zero`, `overdraft`, `state`, `chain`, `apart`, `reversal`.
    pub promise: &'static str,
    /// A sentence for people.
    pub sentence: String,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub done: u64,
    pub total: u64,
}

/// A promise names this many breaks at most; where one row is wrong often all are.
const BREAKS_MAX: usize = 100;

/// What a check works on.
struct Check {
    txn: DatabaseTransaction,
    engine: Engine,
    breaks: Vec<Break>,
}

impl Check {
    fn found(&mut self, promise: &'static str, sentence: String) {
        match self.breaks.iter().filter(|earlier| earlier.promise == promise).count() {
            known if known < BREAKS_MAX => self.breaks.push(Break { promise, sentence }),
            BREAKS_MAX => self.breaks.push(Break { promise, sentence: format!("there are more breaks of `{promise}`") }),
            _ => {}
        }
    }
}

/// Check everything. `said` hears how far it is.
///
/// # Errors
/// When the database refuses.
pub async fn verify(db: &Db, mut said: impl FnMut(Progress)) -> Result<Vec<Break>, DbErr> {
    let engine = db.engine();
    let txn = match engine {
        // A transaction of SQLite that reads sees one state of the file anyway.
        Engine::Sqlite => db.begin().await?,
        Engine::Postgres => db.begin_with_config(Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly)).await?,
    };
    let mut check = Check { txn, engine, breaks: Vec::new() };
    let accounts = check.count("SELECT count(*) FROM ledger_accounts").await?;
    let total = accounts + transfers::CHECKS + 1;
    check.accounts(|done| said(Progress { done, total })).await?;
    check.transfers(|done| said(Progress { done: accounts + done, total })).await?;
    check.zero().await?;
    said(Progress { done: total, total });
    check.txn.commit().await?;
    Ok(check.breaks)
}

impl Check {
    /// All accounts of a mint hold nothing together, and what some expect others hold ready.
    async fn zero(&mut self) -> Result<(), DbErr> {
        let sums: Vec<_> = ["posted", "pending_in", "pending_out"].into_iter().map(wide_sum).collect();
        let sql = format!("SELECT mint, simulated, {} FROM ledger_accounts GROUP BY mint, simulated", sums.join(", "));
        for row in self.txn.query_all_raw(statement(self.engine, sql, [])).await? {
            let (mint, simulated): (String, bool) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let (posted, expected, held) = (wide(&row, 2)?, wide(&row, 4)?, wide(&row, 6)?);
            let world = if simulated { "simulated " } else { "" };
            if posted != 0 {
                self.found("zero", format!("all {world}accounts of mint {mint} sum up to {posted} instead of 0"));
            }
            if expected != held {
                self.found("zero", format!("{world}accounts of mint {mint} expect {expected}, while others hold {held} for them"));
            }
        }
        Ok(())
    }
}
