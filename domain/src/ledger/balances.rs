//! What accounts hold. The figures lie beside each account, so that nothing has to be summed up.

use entities::Address;
use entities::ledger_account::{self, Kind};
use platform::Db;
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbErr, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::{Account, Figures};
use crate::sql::statement;

/// One account, and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    pub account: Account,
    pub figures: Figures,
}

/// What all accounts of one kind hold together, in one mint and one world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    pub kind: Kind,
    pub mint: Address,
    pub simulated: bool,
    pub posted: i128,
    pub pending_in: i128,
    pub pending_out: i128,
}

/// What an account holds; nothing when it was never used.
///
/// # Errors
/// When the database refuses.
pub async fn balance(db: &Db, account: Account) -> Result<Figures, DbErr> {
    let row = ledger_account::Entity::find_by_id(account.id()).one(db.connection()).await?;
    Ok(row.map(|row| figures(&row)).unwrap_or_default())
}

/// Every real account that belongs to this profile, purchase or whatever it is.
///
/// # Errors
/// When the database refuses.
pub async fn balances_of(db: &Db, owner: impl Into<Uuid>) -> Result<Vec<Balance>, DbErr> {
    let theirs = ledger_account::Entity::find().filter(ledger_account::Column::OwnerId.eq(owner.into()));
    let rows = theirs.filter(ledger_account::Column::Simulated.eq(false)).all(db.connection()).await?;
    let read = |row: ledger_account::Model| {
        let account = Account { kind: row.kind, owner: row.owner_id, mint: row.mint, simulated: row.simulated };
        Balance { account, figures: figures(&row) }
    };
    Ok(rows.into_iter().map(read).collect())
}

/// What the books say of each mint and kind. On chain the custody account of a mint ought to hold what came in less what went out:
/// `-custody - vendor_settled`.
///
/// # Errors
/// When the database refuses.
pub async fn totals(db: &Db) -> Result<Vec<Total>, DbErr> {
    use sea_orm::ActiveEnum as _;
    let sums: Vec<_> = ["posted", "pending_in", "pending_out"].into_iter().map(wide_sum).collect();
    let sql = format!("SELECT kind, mint, simulated, {} FROM ledger_accounts GROUP BY kind, mint, simulated", sums.join(", "));
    let rows = db.query_all_raw(statement(db.engine(), sql, [])).await?;
    let read = rows.iter().map(|row| {
        let kind: String = row.try_get_by_index(0)?;
        Ok(Total {
            kind: Kind::try_from_value(&kind)?,
            mint: row.try_get_by_index(1)?,
            simulated: row.try_get_by_index(2)?,
            posted: wide(row, 3)?,
            pending_in: wide(row, 5)?,
            pending_out: wide(row, 7)?,
        })
    });
    read.collect()
}

/// A sum as two columns, the thousand millions and the rest: it may be more than a `BIGINT` holds, and SQLite refuses to add so far.
pub(crate) fn wide_sum(column: &str) -> String {
    format!("CAST(coalesce(sum({column} / {HIGH}), 0) AS BIGINT), CAST(coalesce(sum({column} % {HIGH}), 0) AS BIGINT)")
}

const HIGH: i64 = 1_000_000_000;

/// The two columns of [`wide_sum`], the first of which is at `index`.
pub(crate) fn wide(row: &sea_orm::QueryResult, index: usize) -> Result<i128, DbErr> {
    let (high, low): (i64, i64) = (row.try_get_by_index(index)?, row.try_get_by_index(index + 1)?);
    Ok(i128::from(high) * i128::from(HIGH) + i128::from(low))
}

fn figures(row: &ledger_account::Model) -> Figures {
    Figures { posted: row.posted, pending_in: row.pending_in, pending_out: row.pending_out }
}
