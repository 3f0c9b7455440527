use entities::id::BatchId;
use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Concurrency, Limit, Policy, Pool, Unique};

/// Pay one batch of payouts. Safe to repeat: what was signed is looked for before anything else is signed, and the chain refuses a second payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettleBatch {
    pub batch_id: BatchId,
}

impl Job for SettleBatch {
    const KIND: JobKind = JobKind::SettleBatch;
    const POLICY: Policy = Policy {
        pool: Pool::Settlement,
        failures_max: 20,
        deaths_max: 20,
        run_seconds_max: Limit::Seconds(120),
        backoff: Backoff::STEADY,
        priority: Policy::NORMAL,
    };

    fn unique(&self) -> Option<Unique> {
        Some(Unique::WhileLive { key: format!("settle_batch:{}", self.batch_id) })
    }

    fn concurrency(&self) -> Option<Concurrency> {
        Some(Concurrency { key: format!("batch:{}", self.batch_id), running_max: Some(1), rate: None })
    }
}
