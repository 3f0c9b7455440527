//! Deliveries that somebody asks for: a test, and an old one again.

use entities::id::{DeliveryId, JobId, WebhookId};
use entities::webhook_delivery::{self, State};
use entities::webhook_endpoint;
use jobs::NewJob;
use jobs::kinds::DeliverWebhook;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;

use super::deliveries::one;
use super::fan_out::{NewDelivery, insert, tries_of_schedule};
use super::find::there;
use super::names::TEST;
use super::payload::payload;
use super::{WebhookError, Webhooks};
use crate::accounts::Caller;
use crate::idempotency::{self, Claim, Once};

impl Webhooks<'_> {
    /// Send a test, once and without retries, also to a webhook that is disabled. Answers the job of it.
    ///
    /// # Errors
    /// [`WebhookError::Missing`], also when it is somebody else's.
    pub async fn test(&self, caller: &Caller, id: WebhookId, claim: Option<&Claim>) -> Result<Once<JobId>, WebhookError> {
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let endpoint = there(&txn, caller, id).await?;
        let bytes_max = self.domain.settings.webhooks.payload_bytes_max;
        let test = NewDelivery {
            id: self.domain.queue.ids().next(),
            endpoint,
            event_id: self.domain.queue.ids().next(),
            event: TEST,
            payload: payload(TEST, self.domain.now(), &json!({ "webhook_id": id }), bytes_max),
            tries_max: 1,
        };
        let (jobs, wake) = insert(self.domain, &txn, vec![test], Some(&caller.actor())).await?;
        let job = jobs[0];
        idempotency::keep(&txn, claim, &job).await?;
        jobs::commit(txn, wake).await?;
        Ok(Once::First(job))
    }

    /// Send a delivery again, at once and then by a new schedule, whatever became of it and under the same id. Answers the job of it.
    ///
    /// # Errors
    /// [`WebhookError::Disabled`], [`WebhookError::MissingDelivery`].
    pub async fn replay(
        &self,
        caller: &Caller,
        id: WebhookId,
        delivery: DeliveryId,
        claim: Option<&Claim>,
    ) -> Result<Once<JobId>, WebhookError> {
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let endpoint = there(&txn, caller, id).await?;
        let row = one(&*txn, id, delivery).await?;
        if endpoint.state == webhook_endpoint::State::Disabled {
            return Err(WebhookError::Disabled { webhook: id });
        }
        let job = DeliverWebhook { endpoint_id: id, delivery_id: delivery, owner_id: Some(endpoint.user_id) };
        let job = NewJob { priority: DeliverWebhook::PRIORITY_ASKED, ..NewJob::of(&job)? }.created_by(caller.actor());
        let (enqueued, wake) = self.domain.queue.enqueue_all(&txn, vec![job]).await?;
        let job = enqueued[0].id;
        let again = webhook_delivery::ActiveModel {
            state: Set(State::Queued),
            job_id: Set(job),
            tries: Set(0),
            tries_max: Set(if row.event == TEST { 1 } else { tries_of_schedule() }),
            next_at: Set(Some(self.domain.now())),
            error: Set(None),
            finished_at: Set(None),
            ..webhook_delivery::ActiveModel::default()
        };
        let of_it = webhook_delivery::Entity::update_many().set(again).filter(webhook_delivery::Column::Id.eq(delivery));
        if of_it.exec(&*txn).await?.rows_affected == 0 {
            return Err(WebhookError::MissingDelivery { webhook: id, delivery });
        }
        idempotency::keep(&txn, claim, &job).await?;
        jobs::commit(txn, wake).await?;
        Ok(Once::First(job))
    }
}
