//! Whether a payment is within its payer's limits.

use entities::id::ProfileId;
use entities::{Amount, Timestamp};

use super::PayError;
use crate::sql::DAY_US;

/// The limits of one payer in one mint, and how much of them is used.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spending {
    pub payment_max: Option<Amount>,
    pub day_max: Option<Amount>,
    pub vendors: Option<Vec<ProfileId>>,
    pub low_balance: Option<Amount>,
    /// The day that `spent` is of.
    pub day: i64,
    pub spent: Amount,
    pub is_changed: bool,
}

/// Days since 1970-01-01, UTC.
pub(crate) fn day_of(moment: Timestamp) -> i64 {
    moment.micros().div_euclid(DAY_US)
}

impl Spending {
    /// What is spent on that day by now. A clock that is behind another one does not begin a day that is over.
    pub fn spent_on(&self, day: i64) -> Amount {
        if day <= self.day { self.spent } else { Amount::ZERO }
    }

    /// # Errors
    /// Which limit it breaks.
    pub fn allow(&self, vendor: ProfileId, amount: Amount, day: i64) -> Result<(), PayError> {
        if let Some(max) = self.payment_max.filter(|max| amount > *max) {
            return Err(PayError::PaymentLimit { max });
        }
        if self.vendors.as_ref().is_some_and(|vendors| !vendors.contains(&vendor)) {
            return Err(PayError::Vendor);
        }
        let Some(max) = self.day_max else { return Ok(()) };
        let spent = self.spent_on(day);
        if spent.checked_add(amount).is_none_or(|sum| sum > max) { Err(PayError::DayLimit { spent, max }) } else { Ok(()) }
    }

    /// Count a payment that was made. Nobody counts without a limit.
    pub fn count(&mut self, amount: Amount, day: i64) {
        if self.day_max.is_some() {
            self.spent = self.spent_on(day).checked_add(amount).unwrap_or(self.spent);
            self.day = self.day.max(day);
            self.is_changed = true;
        }
    }

    /// Whether somebody wants to be told that the balance fell so far.
    pub fn has_run_low(&self, before: i64, after: i64) -> Option<Amount> {
        self.low_balance.filter(|low| before >= low.atomic() && after < low.atomic())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atomic(amount: i64) -> Amount {
        Amount::new(amount).unwrap()
    }

    #[test]
    fn a_day_has_its_limit_and_the_next_one_starts_anew() {
        let vendor = ProfileId::from(uuid::Uuid::nil());
        let mut spending = Spending { day_max: Some(atomic(10)), ..Spending::default() };
        spending.allow(vendor, atomic(10), 5).unwrap();
        spending.count(atomic(7), 5);
        assert!(matches!(spending.allow(vendor, atomic(4), 5), Err(PayError::DayLimit { .. })));
        spending.allow(vendor, atomic(3), 5).unwrap();
        spending.allow(vendor, atomic(10), 6).unwrap();
        assert!(spending.allow(vendor, atomic(i64::MAX), 5).is_err(), "no sum wraps");
        spending.count(atomic(6), 6);
        spending.count(atomic(1), 5);
        assert_eq!((spending.day, spending.spent), (6, atomic(7)), "a clock that is behind takes nothing back");
    }

    #[test]
    fn only_the_vendors_that_are_named_are_paid_and_no_more_than_the_bound_at_once() {
        let [one, other] = [1, 2].map(|id| ProfileId::from(uuid::Uuid::from_u128(id)));
        let spending = Spending { payment_max: Some(atomic(5)), vendors: Some(vec![one]), ..Spending::default() };
        spending.allow(one, atomic(5), 1).unwrap();
        assert!(matches!(spending.allow(one, atomic(6), 1), Err(PayError::PaymentLimit { .. })));
        assert!(matches!(spending.allow(other, atomic(1), 1), Err(PayError::Vendor)));
    }

    #[test]
    fn a_balance_runs_low_when_it_falls_past_the_mark_and_not_again_below_it() {
        let spending = Spending { low_balance: Some(atomic(10)), ..Spending::default() };
        assert_eq!(spending.has_run_low(12, 9), Some(atomic(10)));
        assert_eq!(spending.has_run_low(9, 8), None);
        assert_eq!(spending.has_run_low(12, 10), None);
    }
}
