//! What the books say of a mint, read on one snapshot: the rows of deposits change in the same commits as the ledger.

use entities::Address;
use entities::ledger_account::Kind;
use platform::{Db, Engine};
use sea_orm::{ActiveEnum as _, ConnectionTrait, DbErr, IsolationLevel, TransactionTrait as _};

use crate::ledger::{wide, wide_sum};
use crate::sql::statement;

/// Atomic units of one mint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// All deposits that were found on chain.
    pub came: i128,
    /// Of these, in blocks up to the one before custody was read.
    pub came_before: i128,
    /// And up to the one after.
    pub came_after: i128,
    /// The same of what left.
    pub left: i128,
    pub left_before: i128,
    pub left_after: i128,
    /// What the ledger says has come in.
    pub booked: i128,
    /// What it says has reached vendors.
    pub settled: i128,
    pub in_flight: i128,
    /// What the house owes, with what is in flight.
    pub liabilities: i128,
    pub suspense: i128,
    /// Transactions of the accounts that were not read yet.
    pub unread: i64,
}

impl Figures {
    /// What custody ought to hold.
    #[must_use]
    pub fn expected(&self) -> i128 {
        self.booked - self.settled
    }

    /// # Errors
    /// When the database refuses.
    pub async fn read(db: &Db, mint: Address, (before, after): (i64, i64)) -> Result<Self, DbErr> {
        let engine = db.engine();
        let txn = match engine {
            // A transaction of SQLite that reads sees one state of the file anyway.
            Engine::Sqlite => db.begin().await?,
            Engine::Postgres => db.begin_with_config(Some(IsolationLevel::RepeatableRead), None).await?,
        };
        let [came, came_before, came_after] = sums(&txn, engine, "deposits", mint, (before, after)).await?;
        let [left, left_before, left_after] = sums(&txn, engine, "custody_outflows", mint, (before, after)).await?;
        let mut figures = Self { came, came_before, came_after, left, left_before, left_after, ..Self::default() };
        let sql = "SELECT count(DISTINCT s.signature) FROM custody_signatures s JOIN custody_accounts a ON a.address = s.account
                   WHERE a.mint = $1 AND s.state = 'pending'";
        let row = txn.query_one_raw(statement(engine, sql, [mint.into()])).await?;
        figures.unread = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
        let sql = format!("SELECT kind, {} FROM ledger_accounts WHERE mint = $1 AND NOT simulated GROUP BY kind", wide_sum("posted"));
        for row in txn.query_all_raw(statement(engine, sql, [mint.into()])).await? {
            let kind: String = row.try_get_by_index(0)?;
            figures.add(Kind::try_from_value(&kind)?, wide(&row, 1)?);
        }
        txn.commit().await?;
        Ok(figures)
    }

    fn add(&mut self, kind: Kind, posted: i128) {
        match kind {
            Kind::Custody => self.booked = -posted,
            Kind::VendorSettled => self.settled = posted,
            Kind::VendorInFlight => {
                self.in_flight = posted;
                self.liabilities += posted;
            }
            Kind::Suspense => {
                self.suspense = posted;
                self.liabilities += posted;
            }
            Kind::Agent | Kind::Bond | Kind::VendorUnsettled | Kind::Escrow | Kind::Fees => self.liabilities += posted,
            Kind::Outside | Kind::VendorPromised | Kind::Promises | Kind::Receivable => {}
        }
    }
}

/// All, up to the one slot, and up to the other.
async fn sums(
    txn: &impl ConnectionTrait,
    engine: Engine,
    table: &str,
    mint: Address,
    (before, after): (i64, i64),
) -> Result<[i128; 3], DbErr> {
    let of_slot = |slot: &str| wide_sum(&format!("(CASE WHEN t.slot <= {slot} THEN t.amount ELSE 0 END)"));
    let columns = [wide_sum("t.amount"), of_slot("$2"), of_slot("$3")].join(", ");
    let sql = format!("SELECT {columns} FROM {table} t JOIN custody_accounts a ON a.address = t.account WHERE a.mint = $1");
    let row = txn.query_one_raw(statement(engine, sql, [mint.into(), before.into(), after.into()])).await?;
    row.map_or(Ok([0; 3]), |row| Ok([wide(&row, 0)?, wide(&row, 2)?, wide(&row, 4)?]))
}
