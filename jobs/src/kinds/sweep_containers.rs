use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool, Unique};

/// Remove, now, the containers whose run is over or whose worker is gone, on the engine of the worker that takes the job: a tool for operators,
/// since each worker sweeps its own engine by itself. Safe to repeat: what is done already is not found again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepContainers {}

impl Job for SweepContainers {
    const KIND: JobKind = JobKind::SweepContainers;
    const POLICY: Policy = Policy {
        pool: Pool::Containers,
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
