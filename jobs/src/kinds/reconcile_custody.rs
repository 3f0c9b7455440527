use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool, Unique};

/// Compare chain and books of every mint, and stop what is paid out where they differ without a reason. Safe to repeat: it writes what it finds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReconcileCustody {}

impl Job for ReconcileCustody {
    const KIND: JobKind = JobKind::ReconcileCustody;
    const POLICY: Policy = Policy {
        pool: Pool::Settlement,
        failures_max: 3,
        deaths_max: 3,
        run_seconds_max: Limit::Seconds(600),
        backoff: Backoff::STEADY,
        priority: Policy::NORMAL,
    };

    fn unique(&self) -> Option<Unique> {
        Some(Unique::WhileLive { key: Self::KIND.name().into() })
    }
}
