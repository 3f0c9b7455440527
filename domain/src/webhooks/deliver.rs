//! A delivery in the hands of its job: what is to be sent, signed.

use std::time::Duration;

use entities::Timestamp;
use entities::id::{DeliveryId, UserId};
use entities::webhook_delivery::{self, State};
use entities::{user, webhook_endpoint};
use jobs::{JobError, Run, Settled};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use super::names::TEST;
use super::secret::{CURRENT, PREVIOUS, SigningSecret, place};
use super::{WebhookError, Webhooks};
use crate::keyring::Purpose;
use crate::ports::http_out::{HttpRequest, Method};

/// The longest that an answer is waited for: a job has to end before its own limit does.
const ANSWER_SECONDS_MAX: u32 = 45;

/// What the job of a delivery finds.
#[derive(Debug)]
pub enum Opened {
    /// It waits to be sent.
    Send(Box<Outgoing>),
    /// It will not be sent.
    Undeliverable(JobError),
    /// It is over, or another job's by now; this job ends with it.
    Over(Settled),
}

/// A delivery that is to be sent now.
#[derive(Debug)]
pub struct Outgoing {
    pub request: HttpRequest,
    pub(super) delivery: webhook_delivery::Model,
    pub(super) at: Timestamp,
}

impl Webhooks<'_> {
    /// What is to be sent.
    ///
    /// # Errors
    /// [`WebhookError::Keyring`] when the secret cannot be opened.
    pub async fn open(&self, id: DeliveryId, run: &Run) -> Result<Opened, WebhookError> {
        let db = self.domain.db.connection();
        let skipped = |why: &str| Ok(Opened::Over(Settled::Succeeded(json!({ "skipped": why }))));
        let Some(delivery) = webhook_delivery::Entity::find_by_id(id).one(db).await? else {
            return skipped(DELETED);
        };
        if delivery.job_id != run.job_id() {
            return skipped("it was asked for again; another job sends it");
        }
        match delivery.state {
            State::Queued => {}
            State::Delivered => return Ok(Opened::Over(Settled::Succeeded(result_of(&delivery)))),
            State::Failed => return Ok(Opened::Over(Settled::Failed(undelivered(delivery.error.unwrap_or_default())))),
        }
        let endpoint = webhook_endpoint::Entity::find_by_id(delivery.endpoint_id).one(db).await?;
        let endpoint = endpoint.ok_or(WebhookError::Missing { webhook: delivery.endpoint_id })?;
        if endpoint.state == webhook_endpoint::State::Disabled && delivery.event != TEST {
            return Ok(Opened::Undeliverable(undelivered("the webhook is disabled".into())));
        }
        if !self.may_be_told(endpoint.user_id).await? {
            return Ok(Opened::Undeliverable(undelivered("its owner is suspended".into())));
        }
        let at = self.domain.now();
        let request = self.request(&endpoint, &delivery, at).await?;
        Ok(Opened::Send(Box::new(Outgoing { request, delivery, at })))
    }

    /// Nobody is told who may not sign in.
    async fn may_be_told(&self, owner: UserId) -> Result<bool, WebhookError> {
        let active = user::Entity::find_by_id(owner).filter(user::Column::State.eq(user::State::Active));
        Ok(active.one(self.domain.db.connection()).await?.is_some())
    }

    async fn request(
        &self,
        endpoint: &webhook_endpoint::Model,
        delivery: &webhook_delivery::Model,
        at: Timestamp,
    ) -> Result<HttpRequest, WebhookError> {
        let (keyring, seconds) = (self.domain.keyring(), at.micros() / 1_000_000);
        let previous = endpoint.previous_secret.as_ref().filter(|_| endpoint.previous_secret_until.is_some_and(|until| at < until));
        let mut signatures = Vec::new();
        for (column, sealed) in [(CURRENT, Some(&endpoint.secret)), (PREVIOUS, previous)] {
            let Some(sealed) = sealed else { continue };
            let plain = keyring.open(Purpose::WebhookSecret, &place(endpoint.id, column), sealed).await?;
            signatures.push(SigningSecret::from_bytes(plain).signature(delivery.event_id, seconds, &delivery.payload));
        }
        let settings = &self.domain.settings.webhooks;
        Ok(HttpRequest {
            method: Method::Post,
            url: endpoint.url.clone(),
            headers: vec![
                ("content-type", "application/json".into()),
                ("webhook-id", delivery.event_id.to_string()),
                ("webhook-timestamp", seconds.to_string()),
                ("webhook-signature", signatures.join(" ")),
            ],
            body: delivery.payload.clone().into_bytes(),
            time_max: Duration::from_secs(settings.answer_seconds_max.min(ANSWER_SECONDS_MAX).into()),
            answer_bytes_max: settings.answer_bytes_max as usize,
        })
    }
}

pub const DELETED: &str = "the webhook or the delivery was deleted";

pub fn undelivered(why: String) -> JobError {
    JobError::new("webhook-undelivered", why)
}

pub fn result_of(delivery: &webhook_delivery::Model) -> Value {
    json!({ "delivery_id": delivery.id, "attempts": delivery.attempts })
}
