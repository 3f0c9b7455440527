//! What was sent to a webhook, a test, and an old delivery again.

use domain::Domain;
use domain::entities::id::{DeliveryId, WebhookId};
use domain::paging::PageRequest;
use domain::webhooks::{DeliveryFilter, EVENTS, TEST};
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use serde_json::Value;

use super::wire::{Delivery, DeliveryList, DeliveryState};
use crate::auth::Caller;
use crate::convention::{Accepted, IdempotencyKey, Operations, Prefer};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::{Id, PageSize};

pub struct DeliveriesApi {
    pub domain: Domain,
    pub operations: Operations,
}

#[OpenApi(prefix_path = "/v1/webhooks", tag = "Tag::Webhooks")]
impl DeliveriesApi {
    /// Send a test
    ///
    /// A `webhook.test` event, once, without retries; the operation ends as the delivery does. Also for a webhook that is disabled.
    #[oai(path = "/:id/test", method = "post", operation_id = "testWebhook")]
    async fn test(
        &self,
        caller: Caller,
        id: Path<Id<WebhookId>>,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        #[oai(name = "Prefer")] prefer: Prefer,
    ) -> Result<Accepted, Problem> {
        let claim = key.claim(&caller, &Value::Null);
        let job = self.domain.webhooks().test(&caller, id.0.0, claim.as_ref()).await?;
        self.operations.accepted(&caller, job, prefer).await
    }

    /// List the deliveries of a webhook
    ///
    /// Newest first, each with the requests that were sent.
    #[oai(path = "/:id/deliveries", method = "get", operation_id = "listWebhookDeliveries")]
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    async fn list(
        &self,
        caller: Caller,
        id: Path<Id<WebhookId>>,
        state: Query<Option<DeliveryState>>,
        /// The name of an event.
        event: Query<Option<String>>,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<DeliveryList>, Problem> {
        let filter = DeliveryFilter { state: state.0.map(Into::into), event: event.0.map(known).transpose()? };
        let page = PageRequest { size: page_size.0.map(i64::from), token: page_token.0 };
        let page = self.domain.webhooks().deliveries(&caller, id.0.0, &filter, &page).await?;
        Ok(Json(DeliveryList { deliveries: page.items.into_iter().map(Into::into).collect(), next_page_token: page.next_page_token }))
    }

    /// One delivery
    #[oai(path = "/:id/deliveries/:delivery_id", method = "get", operation_id = "getWebhookDelivery")]
    async fn get(&self, caller: Caller, id: Path<Id<WebhookId>>, delivery_id: Path<Id<DeliveryId>>) -> Result<Json<Delivery>, Problem> {
        Ok(Json(self.domain.webhooks().delivery(&caller, id.0.0, delivery_id.0.0).await?.into()))
    }

    /// Send a delivery again
    ///
    /// At once and then by a new schedule, whatever became of it. The receiver sees the same `webhook-id`.
    #[oai(path = "/:id/deliveries/:delivery_id/replay", method = "post", operation_id = "replayWebhookDelivery")]
    async fn replay(
        &self,
        caller: Caller,
        id: Path<Id<WebhookId>>,
        delivery_id: Path<Id<DeliveryId>>,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        #[oai(name = "Prefer")] prefer: Prefer,
    ) -> Result<Accepted, Problem> {
        let claim = key.claim(&caller, &Value::Null);
        let job = self.domain.webhooks().replay(&caller, id.0.0, delivery_id.0.0, claim.as_ref()).await?;
        self.operations.accepted(&caller, job, prefer).await
    }
}

/// The name of an event that there is.
///
/// # Errors
/// 400 with the names.
fn known(event: String) -> Result<String, Problem> {
    let names: Vec<&str> = EVENTS.iter().copied().chain([TEST]).collect();
    if names.contains(&event.as_str()) {
        return Ok(event);
    }
    Err(Problem::invalid_parameter("event", format!("must be one of: {}", names.join(", "))))
}
