use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool, Unique};

/// Let executions end whose job ended without its handler. It needs no container engine, so it does not wait for one. Safe to repeat: what
/// has ended is not found again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReconcileExecutions {}

impl Job for ReconcileExecutions {
    const KIND: JobKind = JobKind::ReconcileExecutions;
    const POLICY: Policy = Policy {
        pool: Pool::Upkeep,
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
