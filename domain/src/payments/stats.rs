//! How a vendor's business goes.

use entities::profile::Kind;
use entities::{Address, Amount};
use sea_orm::ConnectionTrait as _;

use super::{PayError, Payments, VendorBalance};
use crate::accounts::Caller;
use crate::ledger::{Account, AccountKind, wide, wide_sum};
use crate::sql::{DAY_US, statement};

/// A vendor's business in one mint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorStats {
    pub mint: Address,
    pub symbol: String,
    /// All that was ever earned.
    pub revenue: Amount,
    /// Of the last 24 hours.
    pub revenue_day: Amount,
    pub payments_day: i64,
    /// How long payers of the last 24 hours waited, on average.
    pub latency_day_us: i64,
}

impl Payments<'_> {
    /// How the caller's business as a vendor goes.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn vendor_stats(&self, caller: &Caller) -> Result<Vec<VendorStats>, PayError> {
        let Some(vendor) = self.profile(caller, Kind::Vendor).await? else { return Ok(Vec::new()) };
        let since = self.domain.now().micros() - DAY_US;
        let sql = format!(
            "SELECT {}, count(*), CAST(coalesce(avg(latency_us), 0) AS BIGINT) FROM ledger_transfers
             WHERE credit_account_id = $1 AND created_at >= $2 AND kind = 'pay'",
            wide_sum("amount")
        );
        let mut stats = Vec::new();
        for balance in self.vendor_balances(caller).await? {
            let account = Account::of(AccountKind::VendorUnsettled, vendor, balance.mint);
            let asked = statement(self.domain.db.engine(), sql.as_str(), [account.id().into(), since.into()]);
            let Some(row) = self.domain.db.query_one_raw(asked).await? else { continue };
            stats.push(VendorStats {
                revenue: ever_earned(&balance),
                revenue_day: i64::try_from(wide(&row, 0)?).ok().and_then(|sum| Amount::new(sum).ok()).unwrap_or_default(),
                payments_day: row.try_get_by_index(2)?,
                latency_day_us: row.try_get_by_index(3)?,
                mint: balance.mint,
                symbol: balance.symbol,
            });
        }
        Ok(stats)
    }
}

/// What lies there, is on its way, and has arrived.
fn ever_earned(balance: &VendorBalance) -> Amount {
    let parts = [balance.unsettled, balance.in_flight, balance.settled];
    parts.into_iter().fold(Amount::ZERO, |sum, part| sum.checked_add(part).unwrap_or(sum))
}
