//! `/v1/webhooks`: where events are sent.

mod deliveries;
mod wire;

use std::time::Duration;

use domain::Domain;
use domain::entities::id::WebhookId;
use domain::paging::PageRequest;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use serde_json::Value;

use crate::auth::Caller;
use crate::body::Body;
use crate::convention::{Created, Deleted, IdempotencyKey, IfMatch, Versioned};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::{Id, PageSize};

pub use deliveries::DeliveriesApi;
use wire::{Webhook, WebhookChange, WebhookList, WebhookRequest};

pub struct WebhooksApi {
    pub domain: Domain,
}

#[OpenApi(prefix_path = "/v1/webhooks", tag = "Tag::Webhooks")]
impl WebhooksApi {
    /// Create a webhook
    ///
    /// Answers with the secret that requests are signed with, once: keep it. A literal address that is not public is refused here, and every
    /// address again when a request is sent.
    #[oai(path = "/", method = "post", operation_id = "createWebhook")]
    async fn create(
        &self,
        caller: Caller,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        body: Body<WebhookRequest>,
    ) -> Result<Created<Webhook>, Problem> {
        let claim = key.claim(&caller, &body.document);
        let made = self.domain.webhooks().create(&caller, body.value.into(), claim.as_ref()).await?;
        let location = format!("/v1/webhooks/{}", made.get().webhook.id);
        let version = made.get().webhook.version;
        Ok(Created::at(location, made, Webhook::from).version(version))
    }

    /// List webhooks
    ///
    /// The caller's own.
    #[oai(path = "/", method = "get", operation_id = "listWebhooks")]
    async fn list(
        &self,
        caller: Caller,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<WebhookList>, Problem> {
        let page = PageRequest { size: page_size.0.map(i64::from), token: page_token.0 };
        let page = self.domain.webhooks().list(&caller, &page).await?;
        Ok(Json(WebhookList { webhooks: page.items.into_iter().map(Into::into).collect(), next_page_token: page.next_page_token }))
    }

    /// One webhook
    #[oai(path = "/:id", method = "get", operation_id = "getWebhook")]
    async fn get(&self, caller: Caller, id: Path<Id<WebhookId>>) -> Result<Versioned<Webhook>, Problem> {
        let webhook = self.domain.webhooks().get(&caller, id.0.0).await?;
        let version = webhook.version;
        Ok(Versioned::new(webhook.into(), version))
    }

    /// Change a webhook
    ///
    /// Send the `ETag` that you have read as `If-Match`, so that nobody's change is lost. A state of `active` starts a disabled one again.
    #[oai(path = "/:id", method = "put", operation_id = "updateWebhook")]
    async fn update(
        &self,
        caller: Caller,
        id: Path<Id<WebhookId>>,
        #[oai(name = "If-Match")] seen: IfMatch,
        body: Body<WebhookChange>,
    ) -> Result<Versioned<Webhook>, Problem> {
        let webhook = self.domain.webhooks().update(&caller, id.0.0, body.value.into(), seen.version).await?;
        let version = webhook.version;
        Ok(Versioned::new(webhook.into(), version))
    }

    /// Delete a webhook
    ///
    /// What is on its way to it is not sent any more.
    #[oai(path = "/:id", method = "delete", operation_id = "deleteWebhook")]
    async fn delete(&self, caller: Caller, id: Path<Id<WebhookId>>, #[oai(name = "If-Match")] seen: IfMatch) -> Result<Deleted, Problem> {
        self.domain.webhooks().delete(&caller, id.0.0, seen.version).await?;
        Ok(Deleted::Gone)
    }

    /// Give a webhook another secret
    ///
    /// Answers with it, once. For a while requests carry two signatures, so that receivers can change over.
    #[oai(path = "/:id/rotate-secret", method = "post", operation_id = "rotateWebhookSecret")]
    async fn rotate_secret(
        &self,
        caller: Caller,
        id: Path<Id<WebhookId>>,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        /// How long the old secret signs too. 86400 when absent; 0 ends it at once.
        #[oai(validator(minimum(value = "0"), maximum(value = "604800")))]
        overlap_seconds: Query<Option<u32>>,
    ) -> Result<Versioned<Webhook>, Problem> {
        let claim = key.claim(&caller, &Value::Null);
        let overlap = overlap_seconds.0.map(|seconds| Duration::from_secs(seconds.into()));
        let made = self.domain.webhooks().rotate_secret(&caller, id.0.0, overlap, claim.as_ref()).await?;
        let (version, replayed) = (made.get().webhook.version, made.is_replay());
        Ok(Versioned::new(made.into_inner().into(), version).replayed(replayed))
    }
}
