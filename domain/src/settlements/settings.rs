//! Section `settlements`.

use std::time::Duration;

use serde::Deserialize;

use super::FeePolicy;

/// How batches are made, and what they may cost.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Payouts that one look at what waits puts into batches.
    pub sealed_payouts_max: u32,
    /// How often a batch looks at its transaction.
    pub look_ms: u32,
    /// How long a batch waits when custody is short or frozen, or the chain refuses it for a reason of ours.
    pub trouble_seconds: u32,
    /// What all transactions of 24 hours may cost together, in lamports; then batches wait.
    pub lamports_day_max: i64,
    pub compute_margin_percent: u32,
    pub priority_percentile: u32,
    pub priority_floor_micro_lamports: u64,
    pub priority_cap_micro_lamports: u64,
}

impl Default for Settings {
    fn default() -> Self {
        let fee = FeePolicy::default();
        Self {
            sealed_payouts_max: 4_000,
            look_ms: 2_000,
            trouble_seconds: 60,
            lamports_day_max: 5_000_000_000,
            compute_margin_percent: fee.compute_margin_percent,
            priority_percentile: fee.priority_percentile,
            priority_floor_micro_lamports: fee.priority_floor,
            priority_cap_micro_lamports: fee.priority_cap,
        }
    }
}

impl Settings {
    #[must_use]
    pub fn look(&self) -> Duration {
        Duration::from_millis(self.look_ms.into())
    }

    #[must_use]
    pub fn trouble(&self) -> Duration {
        Duration::from_secs(self.trouble_seconds.into())
    }

    #[must_use]
    pub fn fee(&self) -> FeePolicy {
        FeePolicy {
            compute_margin_percent: self.compute_margin_percent,
            priority_percentile: self.priority_percentile,
            priority_floor: self.priority_floor_micro_lamports,
            priority_cap: self.priority_cap_micro_lamports,
        }
    }
}
