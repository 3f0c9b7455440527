//! What transactions cost the house, and that a day has an end.

use entities::chain_transaction::{self, Purpose};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use super::{SettlementError, Settlements};
use crate::ports::chain::Fee;
use crate::sql::DAY_US;

/// Lamports for one signature.
const SIGNATURE: i64 = 5_000;
/// Rent of what transactions make: a marker, a token account, a place in a lookup table (and once the table).
const MARKER: i64 = 890_880;
const TOKEN_ACCOUNT: i64 = 2_039_280;
const TABLE: i64 = 1_280_640;
const TABLE_ENTRY: i64 = 222_720;

/// What a transaction costs at most.
pub fn lamports(purpose: Purpose, makes: usize, fee: Option<Fee>) -> i64 {
    let makes = i64::try_from(makes).unwrap_or(i64::MAX);
    let rent = match purpose {
        Purpose::Payouts => MARKER,
        Purpose::Accounts => makes.saturating_mul(TOKEN_ACCOUNT),
        Purpose::Table => makes.saturating_mul(TABLE_ENTRY).saturating_add(TABLE),
    };
    let priority = fee.map_or(0, |fee| u64::from(fee.compute_units_max).saturating_mul(fee.micro_lamports_per_unit).div_ceil(1_000_000));
    SIGNATURE.saturating_add(rent).saturating_add(i64::try_from(priority).unwrap_or(i64::MAX))
}

impl Settlements<'_> {
    /// Why this may not be spent today, if so.
    pub(super) async fn too_dear(&self, lamports: i64) -> Result<Option<String>, SettlementError> {
        let since = self.domain.now().micros() - DAY_US;
        let of_the_day = chain_transaction::Entity::find().filter(chain_transaction::Column::CreatedAt.gt(since)).select_only();
        let costs: Vec<i64> = of_the_day.column(chain_transaction::Column::Lamports).into_tuple().all(self.domain.db.connection()).await?;
        let spent = costs.into_iter().fold(0_i64, i64::saturating_add);
        let max = self.domain.settings.settlements.lamports_day_max;
        Ok((spent.saturating_add(lamports) > max).then(|| format!("{spent} lamports of the {max} for 24 hours are spent")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_costs_its_signature_its_priority_and_what_it_makes() {
        let fee = Fee { compute_units_max: 200_000, micro_lamports_per_unit: 1_000 };
        assert_eq!(lamports(Purpose::Payouts, 0, Some(fee)), 5_000 + 890_880 + 200);
        assert_eq!(lamports(Purpose::Accounts, 10, None), 5_000 + 20_392_800);
    }
}
