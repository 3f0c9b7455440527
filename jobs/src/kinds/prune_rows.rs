use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool, Unique};

/// Delete what has been kept long enough, a few hundred rows at a time. Safe to repeat: what is done already is not found again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PruneRows {}

impl Job for PruneRows {
    const KIND: JobKind = JobKind::PruneRows;
    const POLICY: Policy = Policy {
        pool: Pool::Upkeep,
        failures_max: 3,
        deaths_max: 3,
        run_seconds_max: Limit::Seconds(900),
        backoff: Backoff::STEADY,
        priority: Policy::NORMAL,
    };

    fn unique(&self) -> Option<Unique> {
        Some(Unique::WhileLive { key: Self::KIND.name().into() })
    }
}
