use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool, Unique};

/// Go on with signed payments and bonds whose own job was lost, cancelled or given up. Safe to repeat: what has a live job gets no other one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReconcilePayments {}

impl Job for ReconcilePayments {
    const KIND: JobKind = JobKind::ReconcilePayments;
    const POLICY: Policy = Policy {
        pool: Pool::Settlement,
        failures_max: 3,
        deaths_max: 3,
        run_seconds_max: Limit::Seconds(120),
        backoff: Backoff::STEADY,
        priority: Policy::NORMAL,
    };

    fn unique(&self) -> Option<Unique> {
        Some(Unique::WhileLive { key: Self::KIND.name().into() })
    }
}
