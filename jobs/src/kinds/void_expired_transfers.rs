use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool, Unique};

/// Void the pending transfers that nobody decided in time. Safe to repeat: what is voided is not found again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoidExpiredTransfers {}

impl Job for VoidExpiredTransfers {
    const KIND: JobKind = JobKind::VoidExpiredTransfers;
    const POLICY: Policy = Policy {
        pool: Pool::Settlement,
        failures_max: 3,
        deaths_max: 3,
        run_seconds_max: Limit::Seconds(300),
        backoff: Backoff::STEADY,
        priority: Policy::NORMAL,
    };

    fn unique(&self) -> Option<Unique> {
        Some(Unique::WhileLive { key: Self::KIND.name().into() })
    }
}
