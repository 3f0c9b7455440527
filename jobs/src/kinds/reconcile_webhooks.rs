use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool, Unique};

/// Let deliveries end whose job ended without its handler, and disable the webhooks that fall ever further behind. Safe to repeat: what has ended is
/// not found again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReconcileWebhooks {}

impl Job for ReconcileWebhooks {
    const KIND: JobKind = JobKind::ReconcileWebhooks;
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
