//! What moved on some accounts, newest first. Every page is two short walks along an index for each account.

use entities::id::{AccountId, TransferId};
use entities::ledger_transfer;
use entities::{Address, Timestamp};
use platform::{Db, Engine};
use sea_orm::{ConnectionTrait as _, DbErr, EntityTrait as _, Value};

use super::{Account, Transfer};
use crate::sql::statement as sql_statement;

/// Which page of which accounts.
#[derive(Debug, Clone)]
pub struct Statement<'a> {
    pub accounts: &'a [Account],
    /// Only transfers before this one.
    pub before: Option<(Timestamp, TransferId)>,
    pub rows_max: u64,
}

/// A transfer, as the owner of the accounts sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub transfer: Transfer,
    pub mint: Address,
    /// The money came to these accounts.
    pub is_credit: bool,
}

/// One page. A transfer between two of the accounts stands in it once, as a debit.
///
/// # Errors
/// When the database refuses.
pub async fn statement(db: &Db, asked: &Statement<'_>) -> Result<Vec<Entry>, DbErr> {
    let engine = db.engine();
    let mut found: Vec<Entry> = Vec::new();
    for account in asked.accounts {
        for (sql, values) in [page_sql(asked, account.id(), "debit"), page_sql(asked, account.id(), "credit")] {
            let rows = ledger_transfer::Entity::find().from_raw_sql(sql_statement(engine, sql, values));
            let rows = rows.all(db.connection()).await?;
            let is_credit = |transfer: &Transfer| transfer.credit_account_id == account.id();
            found.extend(rows.into_iter().map(|transfer| Entry { is_credit: is_credit(&transfer), transfer, mint: account.mint }));
        }
    }
    found.sort_by_key(|entry| std::cmp::Reverse((entry.transfer.created_at, entry.transfer.id, !entry.is_credit)));
    found.dedup_by_key(|entry| entry.transfer.id);
    found.truncate(usize::try_from(asked.rows_max).unwrap_or(usize::MAX));
    Ok(found)
}

/// How the engine would walk for the second page of an account: one plan for each side.
///
/// # Errors
/// When the database refuses.
pub async fn explain(db: &Db, account: Account) -> Result<Vec<String>, DbErr> {
    let before = Some((Timestamp::from_micros(i64::MAX), TransferId::from(uuid::Uuid::max())));
    let asked = Statement { accounts: &[account], before, rows_max: 50 };
    let (explain, column) = match db.engine() {
        Engine::Sqlite => ("EXPLAIN QUERY PLAN", 3),
        Engine::Postgres => ("EXPLAIN", 0),
    };
    let mut plans = Vec::new();
    for side in ["debit", "credit"] {
        let (sql, values) = page_sql(&asked, account.id(), side);
        let lines = db.query_all_raw(sql_statement(db.engine(), format!("{explain} {sql}"), values)).await?;
        let lines = lines.iter().map(|line| line.try_get_by_index::<String>(column)).collect::<Result<Vec<_>, _>>()?;
        plans.push(lines.join("\n"));
    }
    Ok(plans)
}

/// The text and the parameters of one walk.
fn page_sql(asked: &Statement<'_>, account: AccountId, side: &str) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = vec![account.into()];
    let mut before = "";
    if let Some((at, id)) = asked.before {
        before = "AND (created_at, id) < ($2, $3)";
        values.extend([at.into(), id.into()]);
    }
    let rows_max = asked.rows_max;
    let sql =
        format!("SELECT * FROM ledger_transfers WHERE {side}_account_id = $1 {before} ORDER BY created_at DESC, id DESC LIMIT {rows_max}");
    (sql, values)
}
