use entities::id::{DeliveryId, WebhookId};
use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Concurrency, Limit, Policy, Pool};

/// Send one event to one endpoint. Safe to repeat: what was delivered is not sent again, and what may have been goes out under the same id.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliverWebhook {
    pub endpoint_id: WebhookId,
    pub delivery_id: DeliveryId,
}

impl DeliverWebhook {
    /// Requests to one endpoint at a time: one that is slow leaves the others their workers.
    const RUNNING_MAX: u32 = 2;
}

impl Job for DeliverWebhook {
    const KIND: JobKind = JobKind::DeliverWebhook;
    const FIELDS: Option<&'static str> = Some("`endpoint_id` (whk_…) and `delivery_id` (dlv_…)");
    // What the receiver answers has a schedule of its own, in days; the failures here are ours.
    const POLICY: Policy = Policy {
        pool: Pool::Notify,
        failures_max: 12,
        deaths_max: 3,
        run_seconds_max: Limit::Seconds(60),
        backoff: Backoff::STEADY,
        priority: Policy::NORMAL,
    };

    fn concurrency(&self) -> Option<Concurrency> {
        Some(Concurrency { key: format!("webhook:{}", self.endpoint_id), running_max: Some(Self::RUNNING_MAX), rate: None })
    }

    fn resource(&self) -> Option<String> {
        Some(format!("/v1/webhooks/{}/deliveries/{}", self.endpoint_id, self.delivery_id))
    }
}
