use entities::id::PayoutId;
use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool};

/// Follow a payout to its end: the operation of whoever asked for it. Safe to repeat: it changes nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackPayout {
    pub payout_id: PayoutId,
}

impl Job for TrackPayout {
    const KIND: JobKind = JobKind::TrackPayout;
    const POLICY: Policy = Policy {
        pool: Pool::Settlement,
        failures_max: 20,
        deaths_max: 3,
        run_seconds_max: Limit::Seconds(30),
        backoff: Backoff::STEADY,
        priority: Policy::NORMAL,
    };

    fn resource(&self) -> Option<String> {
        Some(format!("/v1/vendor/payouts/{}", self.payout_id))
    }
}
