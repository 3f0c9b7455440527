//! A new webhook, with a secret that is shown once.

use entities::id::WebhookId;
use entities::user;
use entities::webhook_endpoint::{self, Patterns, State};
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QuerySelect as _};
use serde::{Deserialize, Serialize};

use super::secret::{CURRENT, SigningSecret, place};
use super::{Webhook, WebhookDraft, WebhookError, Webhooks};
use crate::accounts::Caller;
use crate::idempotency::{self, Claim, Once};
use crate::keyring::Purpose;

/// A webhook with a new secret. Whoever repeats the request gets it without.
#[derive(Clone, Serialize, Deserialize)]
pub struct Made {
    pub webhook: Webhook,
    /// `whsec_…`
    #[serde(skip)]
    pub secret: Option<String>,
}

/// Without the secret.
impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Made").field("webhook", &self.webhook).finish_non_exhaustive()
    }
}

impl Webhooks<'_> {
    /// Save a new webhook of the caller's.
    ///
    /// # Errors
    /// [`WebhookError::Draft`] with every field that is wrong, [`WebhookError::TooMany`].
    pub async fn create(&self, caller: &Caller, draft: WebhookDraft, claim: Option<&Claim>) -> Result<Once<Made>, WebhookError> {
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(Once::Again(earlier));
        }
        self.check(&draft)?;
        let (id, now): (WebhookId, _) = (self.domain.queue.ids().next(), self.domain.now());
        let secret = SigningSecret::random(&*self.domain.rng);
        let sealed = self.domain.keyring().seal(Purpose::WebhookSecret, &place(id, CURRENT), secret.bytes()).await?;
        let disabled = draft.state == Some(State::Disabled);
        let row = webhook_endpoint::Model {
            id,
            user_id: caller.user_id,
            url: draft.url,
            events: Patterns(draft.events),
            description: draft.description,
            state: draft.state.unwrap_or(State::Active),
            disabled_because: disabled.then(|| super::disable::BY_OWNER.to_owned()),
            secret: sealed,
            previous_secret: None,
            previous_secret_until: None,
            version: 1,
            failing_since: None,
            failed_at: None,
            behind_since: None,
            created_at: now,
            updated_at: now,
        };
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(Once::Again(earlier));
        }
        // Two that come together are counted one after the other.
        user::Entity::find_by_id(caller.user_id).lock_exclusive().one(&*txn).await?;
        let there = webhook_endpoint::Entity::find().filter(webhook_endpoint::Column::UserId.eq(caller.user_id)).count(&*txn).await?;
        let endpoints_max = self.domain.settings.webhooks.endpoints_max;
        if there >= endpoints_max.into() {
            return Err(WebhookError::TooMany { endpoints_max });
        }
        webhook_endpoint::Entity::insert(row.clone().into_active_model()).exec_without_returning(&*txn).await?;
        let made = Made { webhook: row.into(), secret: Some(secret.text()) };
        idempotency::keep(&txn, claim, &made).await?;
        txn.commit().await?;
        tracing::info!(webhook.id = %id, "created webhook `{id}`");
        Ok(Once::First(made))
    }
}
