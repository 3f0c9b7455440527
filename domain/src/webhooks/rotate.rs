//! A new secret. The one before signs too for a while, so that no receiver has to change at the same moment.

use std::time::Duration;

use entities::id::WebhookId;
use entities::webhook_endpoint;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::find::own;
use super::secret::{CURRENT, PREVIOUS, SigningSecret, place};
use super::{Made, WebhookError, Webhooks};
use crate::accounts::Caller;
use crate::idempotency::{self, Claim, Once};
use crate::keyring::Purpose;

impl Webhooks<'_> {
    /// Give the webhook another secret. For `overlap` requests carry the signatures of both; zero ends the old one at once.
    ///
    /// # Errors
    /// [`WebhookError::RotatedMeanwhile`] when somebody gave it another secret at the same moment.
    pub async fn rotate_secret(
        &self,
        caller: &Caller,
        id: WebhookId,
        overlap: Option<Duration>,
        claim: Option<&Claim>,
    ) -> Result<Once<Made>, WebhookError> {
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let before = own(self.domain.db.connection(), caller, id).await?;
        let overlap = overlap.unwrap_or(Duration::from_secs(self.domain.settings.webhooks.secret_overlap_seconds.into()));
        let (keyring, now) = (self.domain.keyring(), self.domain.now());
        let secret = SigningSecret::random(&*self.domain.rng);
        let sealed = keyring.seal(Purpose::WebhookSecret, &place(id, CURRENT), secret.bytes()).await?;
        let previous = if overlap.is_zero() {
            None
        } else {
            let plain = keyring.open(Purpose::WebhookSecret, &place(id, CURRENT), &before.secret).await?;
            Some(keyring.seal(Purpose::WebhookSecret, &place(id, PREVIOUS), &plain).await?)
        };
        let row = webhook_endpoint::ActiveModel {
            secret: Set(sealed),
            previous_secret_until: Set(previous.is_some().then(|| now.plus(overlap))),
            previous_secret: Set(previous),
            updated_at: Set(now),
            ..webhook_endpoint::ActiveModel::default()
        };
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let next = Expr::col(webhook_endpoint::Column::Version).add(1);
        let of_it = webhook_endpoint::Entity::update_many().set(row).col_expr(webhook_endpoint::Column::Version, next);
        let of_it = of_it.filter(webhook_endpoint::Column::Id.eq(id)).filter(webhook_endpoint::Column::Secret.eq(before.secret));
        let written = of_it.exec(&*txn).await?;
        let after = own(&*txn, caller, id).await?;
        if written.rows_affected == 0 {
            return Err(WebhookError::RotatedMeanwhile { webhook: id });
        }
        let made = Made { webhook: after.into(), secret: Some(secret.text()) };
        idempotency::keep(&txn, claim, &made).await?;
        txn.commit().await?;
        tracing::info!(webhook.id = %id, "webhook `{id}` has a new secret");
        Ok(Once::First(made))
    }
}
