use entities::id::{DeliveryId, UserId, WebhookId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Job, JobKind};
use crate::policy::{Backoff, Concurrency, Limit, Policy, Pool};

/// Send one event to one endpoint. Safe to repeat: what was delivered is not sent again, and what may have been goes out under the same id.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliverWebhook {
    pub endpoint_id: WebhookId,
    pub delivery_id: DeliveryId,
    /// Whose endpoint it is, and so in which lane. A job without one shares a single lane with all the others without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<UserId>,
}

impl DeliverWebhook {
    /// Requests to one endpoint at a time: one that is slow leaves the others their workers.
    pub const RUNNING_MAX: u32 = 2;
    /// However many endpoints an owner has, the jobs that name them share so many lanes, each with its [`RUNNING_MAX`](Self::RUNNING_MAX):
    /// nobody fills the pool alone.
    pub const LANES: u8 = 4;
    /// What somebody asked for goes before what came by itself.
    pub const PRIORITY_ASKED: i16 = 6;

    fn key(&self) -> String {
        let Some(owner) = self.owner_id else { return "webhook:no-owner".into() };
        let lane = Uuid::from(self.endpoint_id).as_bytes()[15] % Self::LANES;
        format!("webhook:{owner}:{lane}")
    }
}

impl Job for DeliverWebhook {
    const KIND: JobKind = JobKind::DeliverWebhook;
    const FIELDS: Option<&'static str> =
        Some("`endpoint_id` (whk_…), `delivery_id` (dlv_…) and, if it is to wait in its owner's lane, `owner_id` (usr_…)");
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
        Some(Concurrency { key: self.key(), running_max: Some(Self::RUNNING_MAX), rate: None })
    }

    fn resource(&self) -> Option<String> {
        Some(format!("/v1/webhooks/{}/deliveries/{}", self.endpoint_id, self.delivery_id))
    }
}
