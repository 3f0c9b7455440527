//! What is offered for a transaction: enough to be taken, and never more than somebody agreed to.

use crate::ports::chain::Fee;

/// How fees are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeePolicy {
    /// Above what the simulation used.
    pub compute_margin_percent: u32,
    /// Which of the prices that others paid lately is offered: 75 is more than three quarters of them did.
    pub priority_percentile: u32,
    /// Micro-lamports for a compute unit at least, also when nobody offered anything.
    pub priority_floor: u64,
    /// And at most, whatever others pay.
    pub priority_cap: u64,
}

impl Default for FeePolicy {
    fn default() -> Self {
        Self { compute_margin_percent: 10, priority_percentile: 75, priority_floor: 1_000, priority_cap: 500_000 }
    }
}

/// What a transaction may use at all.
const COMPUTE_UNITS_MAX: u64 = 1_400_000;

/// What to offer for a transaction whose simulation used so many units, where others paid these prices, lowest first.
#[must_use]
pub fn offer(policy: FeePolicy, compute_units: u64, paid: &[u64]) -> Fee {
    let margin = compute_units.saturating_mul(policy.compute_margin_percent.into()).div_ceil(100);
    let limit = compute_units.saturating_add(margin).clamp(1, COMPUTE_UNITS_MAX);
    let place = paid.len().saturating_mul(policy.priority_percentile.min(100) as usize).div_ceil(100).saturating_sub(1);
    let price = paid.get(place).copied().unwrap_or_default();
    Fee {
        compute_units_max: u32::try_from(limit).unwrap_or(u32::MAX),
        micro_lamports_per_unit: price.max(policy.priority_floor).min(policy.priority_cap),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offer_follows_the_market_between_floor_and_cap() {
        let policy = FeePolicy { compute_margin_percent: 10, priority_percentile: 75, priority_floor: 100, priority_cap: 9_000 };
        let price = |paid: &[u64]| offer(policy, 1_000, paid).micro_lamports_per_unit;
        assert_eq!(price(&[]), 100, "nobody offered anything");
        assert_eq!(price(&[0, 0, 0, 5]), 100);
        assert_eq!(price(&[200, 300, 400, 800]), 400);
        assert_eq!(price(&[5_000_000]), 9_000);
    }

    #[test]
    fn the_limit_is_what_was_used_and_a_tenth_within_what_there_is() {
        let limit = |units| offer(FeePolicy::default(), units, &[]).compute_units_max;
        assert_eq!(limit(5_970), 6_567);
        assert_eq!(limit(0), 1);
        assert_eq!(limit(u64::MAX), 1_400_000);
    }
}
