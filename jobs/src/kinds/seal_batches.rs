use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool, Unique};

/// Put payouts that wait into batches, and see that every batch has its job. Safe to repeat: it takes what it finds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealBatches {}

impl Job for SealBatches {
    const KIND: JobKind = JobKind::SealBatches;
    const POLICY: Policy = Policy {
        pool: Pool::Settlement,
        failures_max: 5,
        deaths_max: 3,
        run_seconds_max: Limit::Seconds(120),
        backoff: Backoff::STEADY,
        priority: Policy::NORMAL,
    };

    fn unique(&self) -> Option<Unique> {
        Some(Unique::WhileLive { key: "seal_batches".into() })
    }
}
