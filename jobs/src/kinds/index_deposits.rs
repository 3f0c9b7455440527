use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool, Unique};

/// Walk the history of the custody accounts and book what arrived. Safe to repeat: a transfer on chain is booked once.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexDeposits {}

impl Job for IndexDeposits {
    const KIND: JobKind = JobKind::IndexDeposits;
    const POLICY: Policy = Policy {
        pool: Pool::Indexer,
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
