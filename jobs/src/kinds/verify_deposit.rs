use entities::Signature;
use entities::id::ProfileId;
use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool, Unique};

/// Look at one transaction that somebody says is a deposit. Safe to repeat: a transfer on chain is booked once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyDeposit {
    pub signature: Signature,
    /// For whom somebody asked. It decides what the result shows, and not whose the money is.
    pub profile_id: ProfileId,
}

impl Job for VerifyDeposit {
    const KIND: JobKind = JobKind::VerifyDeposit;
    const POLICY: Policy = Policy {
        pool: Pool::Indexer,
        failures_max: 20,
        deaths_max: 3,
        run_seconds_max: Limit::Seconds(60),
        backoff: Backoff::STEADY,
        priority: Policy::NORMAL + 1,
    };
    const FIELDS: Option<&'static str> = Some("signature: a transaction; profile_id: prf_…");

    fn unique(&self) -> Option<Unique> {
        Some(Unique::WhileLive { key: format!("verify_deposit:{}:{}", self.profile_id, self.signature) })
    }

    fn resource(&self) -> Option<String> {
        Some("/v1/agent/deposits".into())
    }
}
