//! Webhooks and deliveries on the wire.

use domain::entities::id::{DeliveryId, EventId, WebhookId};
use domain::webhooks::{self, Made, WebhookDraft};
use poem_openapi::types::Example;
use poem_openapi::{Enum, Object};

use crate::v1::agents::mirrored;
use crate::wire::{Id, Time};

mirrored! {
    /// Whether events are sent there.
    WebhookState of webhooks::State { Active, Disabled }
}
mirrored! {
    /// Where a delivery stands.
    DeliveryState of webhooks::DeliveryState { Queued, Delivered, Failed }
}

/// Where events are to be sent.
#[derive(Debug, Object)]
#[oai(example)]
pub struct WebhookRequest {
    /// `https://…`, to an address that is public.
    #[oai(validator(min_length = 1, max_length = 2048))]
    url: String,
    /// Names of events, groups such as `execution.*`, or `*` for all.
    #[oai(validator(min_items = 1, max_items = 50))]
    events: Vec<String>,
    #[oai(validator(max_length = 500))]
    description: Option<String>,
}

impl Example for WebhookRequest {
    fn example() -> Self {
        Self {
            url: "https://hooks.example.com/tallyman".into(),
            events: vec!["execution.succeeded".into(), "execution.failed".into()],
            description: Some("The results page".into()),
        }
    }
}

/// All that may be changed about a webhook.
#[derive(Debug, Object)]
#[oai(example)]
pub struct WebhookChange {
    /// `https://…`, to an address that is public.
    #[oai(validator(min_length = 1, max_length = 2048))]
    url: String,
    /// Names of events, groups such as `execution.*`, or `*` for all.
    #[oai(validator(min_items = 1, max_items = 50))]
    events: Vec<String>,
    #[oai(validator(max_length = 500))]
    description: Option<String>,
    /// Absent, it stays as it is.
    state: Option<WebhookState>,
}

impl Example for WebhookChange {
    fn example() -> Self {
        let WebhookRequest { url, description, .. } = WebhookRequest::example();
        Self { url, events: vec!["execution.*".into()], description, state: Some(WebhookState::Active) }
    }
}

impl From<WebhookRequest> for WebhookDraft {
    fn from(request: WebhookRequest) -> Self {
        Self { url: request.url, events: request.events, description: request.description, state: None }
    }
}

impl From<WebhookChange> for WebhookDraft {
    fn from(change: WebhookChange) -> Self {
        Self { url: change.url, events: change.events, description: change.description, state: change.state.map(Into::into) }
    }
}

/// Where events are sent.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Webhook {
    id: Id<WebhookId>,
    url: String,
    events: Vec<String>,
    description: Option<String>,
    state: WebhookState,
    /// Why, for people.
    disabled_because: Option<String>,
    /// The first failure after the last success.
    failing_since: Option<Time>,
    /// `whsec_…`, what requests are signed with. Shown once, when it is made.
    secret: Option<String>,
    /// Until then requests carry the signature of the secret before, too.
    previous_secret_until: Option<Time>,
    /// Grows by one with each change; also the `ETag`.
    version: i32,
    created_at: Time,
    updated_at: Time,
}

impl From<webhooks::Webhook> for Webhook {
    fn from(webhook: webhooks::Webhook) -> Self {
        Self {
            id: webhook.id.into(),
            url: webhook.url,
            events: webhook.events,
            description: webhook.description,
            state: webhook.state.into(),
            disabled_because: webhook.disabled_because,
            failing_since: webhook.failing_since.map(Time),
            secret: None,
            previous_secret_until: webhook.previous_secret_until.map(Time),
            version: webhook.version,
            created_at: webhook.created_at.into(),
            updated_at: webhook.updated_at.into(),
        }
    }
}

impl From<Made> for Webhook {
    fn from(made: Made) -> Self {
        Self { secret: made.secret, ..made.webhook.into() }
    }
}

/// One page of webhooks, newest first.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct WebhookList {
    pub webhooks: Vec<Webhook>,
    /// Absent on the last page.
    pub next_page_token: Option<String>,
}

/// One event on its way to a webhook.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Delivery {
    id: Id<DeliveryId>,
    /// The `webhook-id` of its requests, the same for all of them.
    event_id: Id<EventId>,
    event: String,
    state: DeliveryState,
    /// When it is sent next.
    next_at: Option<Time>,
    /// What went wrong last.
    error: Option<String>,
    /// The body of its requests.
    payload: String,
    /// The requests that were sent, the first one first.
    attempts: Vec<DeliveryAttempt>,
    created_at: Time,
    finished_at: Option<Time>,
}

/// One request to a webhook.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct DeliveryAttempt {
    number: i32,
    at: Time,
    latency_ms: i32,
    /// The status of the answer, if there was one.
    status: Option<i32>,
    /// Why there was none.
    error: Option<String>,
    /// The first bytes of the answer.
    answer: Option<String>,
}

impl From<webhooks::Delivery> for Delivery {
    fn from(delivery: webhooks::Delivery) -> Self {
        let webhooks::Delivery { row, attempts } = delivery;
        Self {
            id: row.id.into(),
            event_id: row.event_id.into(),
            event: row.event,
            state: row.state.into(),
            next_at: row.next_at.map(Time),
            error: row.error,
            payload: row.payload,
            attempts: attempts.into_iter().map(Into::into).collect(),
            created_at: row.created_at.into(),
            finished_at: row.finished_at.map(Time),
        }
    }
}

impl From<webhooks::Attempt> for DeliveryAttempt {
    fn from(attempt: webhooks::Attempt) -> Self {
        Self {
            number: attempt.number,
            at: attempt.at.into(),
            latency_ms: attempt.latency_ms,
            status: attempt.status,
            error: attempt.error,
            answer: attempt.answer,
        }
    }
}

/// One page of deliveries, newest first.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct DeliveryList {
    pub deliveries: Vec<Delivery>,
    /// Absent on the last page.
    pub next_page_token: Option<String>,
}
