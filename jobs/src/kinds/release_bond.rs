use entities::id::{ProfileId, TransferId};
use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool, Unique};

/// Give an agent back what it asked of its bond, once the time is over. Safe to repeat: a transfer is posted once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseBond {
    pub transfer_id: TransferId,
    pub profile_id: ProfileId,
}

impl Job for ReleaseBond {
    const KIND: JobKind = JobKind::ReleaseBond;
    const POLICY: Policy = Policy {
        pool: Pool::Settlement,
        failures_max: 20,
        deaths_max: 3,
        run_seconds_max: Limit::Seconds(60),
        backoff: Backoff::STEADY,
        priority: Policy::NORMAL,
    };

    fn unique(&self) -> Option<Unique> {
        Some(Unique::WhileLive { key: format!("release_bond:{}", self.transfer_id) })
    }

    fn resource(&self) -> Option<String> {
        Some("/v1/agent/balance".into())
    }
}
