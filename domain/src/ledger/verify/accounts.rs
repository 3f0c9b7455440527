//! Accounts: their figures are the sums of their transfers, and none is overdrawn that may not be.

use std::collections::HashMap;

use entities::id::AccountId;
use entities::ledger_account::Kind;
use sea_orm::{ActiveEnum as _, ConnectionTrait as _, DbErr, QueryResult};
use uuid::Uuid;

use super::Check;
use crate::ledger::balances::{wide, wide_sum};
use crate::sql::statement;

/// Accounts of one page.
const ACCOUNTS_OF_PAGE: usize = 500;

/// An account as its row says, and as its transfers say.
struct Row {
    id: AccountId,
    kind: String,
    posted: i64,
    pending_in: i64,
    pending_out: i64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sums {
    posted: i128,
    pending_in: i128,
    pending_out: i128,
}

impl Check {
    pub(super) async fn count(&self, sql: &str) -> Result<u64, DbErr> {
        let row = self.txn.query_one_raw(statement(self.engine, sql, [])).await?;
        let count: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    pub(super) async fn accounts(&mut self, mut said: impl FnMut(u64)) -> Result<(), DbErr> {
        let (mut after, mut done) = (AccountId::from(Uuid::nil()), 0);
        loop {
            let page = self.page(after).await?;
            let Some(last) = page.last() else { return Ok(()) };
            let sums = self.sums(after).await?;
            done += page.len() as u64;
            after = last.id;
            for row in page {
                self.account(&row, sums.get(&row.id).copied().unwrap_or_default());
            }
            said(done);
        }
    }

    async fn page(&self, after: AccountId) -> Result<Vec<Row>, DbErr> {
        let sql = format!("SELECT id, kind, posted, pending_in, pending_out {}", of_page());
        let rows = self.txn.query_all_raw(statement(self.engine, sql, [after.into()])).await?;
        let read = |row: &QueryResult| {
            Ok(Row {
                id: row.try_get_by_index(0)?,
                kind: row.try_get_by_index(1)?,
                posted: row.try_get_by_index(2)?,
                pending_in: row.try_get_by_index(3)?,
                pending_out: row.try_get_by_index(4)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// What the transfers of the page's accounts come to.
    async fn sums(&self, after: AccountId) -> Result<HashMap<AccountId, Sums>, DbErr> {
        let mut sums: HashMap<AccountId, Sums> = HashMap::new();
        for side in ["debit", "credit"] {
            let sql = format!(
                "SELECT {side}_account_id, state, {} FROM ledger_transfers
                 WHERE {side}_account_id IN (SELECT id {}) AND state <> 'voided' GROUP BY {side}_account_id, state",
                wide_sum("amount"),
                of_page()
            );
            for row in self.txn.query_all_raw(statement(self.engine, sql, [after.into()])).await? {
                let of = sums.entry(row.try_get_by_index(0)?).or_default();
                let (state, amount): (String, i128) = (row.try_get_by_index(1)?, wide(&row, 2)?);
                match (state.as_str(), side) {
                    ("posted", "debit") => of.posted -= amount,
                    ("posted", _) => of.posted += amount,
                    (_, "debit") => of.pending_out += amount,
                    _ => of.pending_in += amount,
                }
            }
        }
        Ok(sums)
    }

    fn account(&mut self, row: &Row, sums: Sums) {
        let (id, kind) = (row.id, row.kind.as_str());
        for (figure, says, sum) in [
            ("posted", row.posted, sums.posted),
            ("pending_in", row.pending_in, sums.pending_in),
            ("pending_out", row.pending_out, sums.pending_out),
        ] {
            if i128::from(says) != sum {
                self.found("figures", format!("account {id} ({kind}) says {figure} {says}, and its transfers come to {sum}"));
            }
        }
        let Ok(known) = Kind::try_from_value(&row.kind) else {
            return self.found("state", format!("account {id} is of a kind that nobody knows: {kind}"));
        };
        if !known.may_overdraw() && row.posted < row.pending_out {
            let (posted, held) = (row.posted, row.pending_out);
            self.found("overdraft", format!("account {id} ({kind}) may not be overdrawn: it has {posted}, of which {held} are held"));
        }
    }
}

/// The same rows for both questions: one snapshot, one order.
fn of_page() -> String {
    format!("FROM ledger_accounts WHERE id > $1 ORDER BY id LIMIT {ACCOUNTS_OF_PAGE}")
}
