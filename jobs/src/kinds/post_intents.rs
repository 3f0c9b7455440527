use entities::id::IntentBatchId;
use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool, Unique};

/// Debit the agents who signed the payments of a batch. Safe to repeat: each payment ends once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostIntents {
    pub batch_id: IntentBatchId,
}

impl Job for PostIntents {
    const KIND: JobKind = JobKind::PostIntents;
    const POLICY: Policy = Policy {
        pool: Pool::Settlement,
        failures_max: 20,
        deaths_max: 3,
        run_seconds_max: Limit::Seconds(300),
        backoff: Backoff::STEADY,
        priority: Policy::NORMAL,
    };

    fn unique(&self) -> Option<Unique> {
        Some(Unique::WhileLive { key: format!("post_intents:{}", self.batch_id) })
    }

    fn resource(&self) -> Option<String> {
        Some("/v1/gateway/payment-intents".into())
    }
}
