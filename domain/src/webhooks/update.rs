//! A changed webhook, unless somebody was faster; and one that is gone.

use entities::id::WebhookId;
use entities::webhook_delivery;
use entities::webhook_endpoint::{self, Patterns, State};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::disable::BY_OWNER;
use super::find::own;
use super::{Webhook, WebhookDraft, WebhookError, Webhooks};
use crate::accounts::Caller;

impl Webhooks<'_> {
    /// Save the webhook anew. `expected` is the version that the caller has read; without it the last writer wins.
    ///
    /// # Errors
    /// [`WebhookError::OtherVersion`] when somebody was faster, [`WebhookError::Draft`] with every field that is wrong.
    pub async fn update(
        &self,
        caller: &Caller,
        id: WebhookId,
        draft: WebhookDraft,
        expected: Option<i32>,
    ) -> Result<Webhook, WebhookError> {
        let before = own(self.domain.db.connection(), caller, id).await?;
        self.check(&draft)?;
        let version = expected.unwrap_or(before.version);
        let mut row = webhook_endpoint::ActiveModel {
            url: Set(draft.url),
            events: Set(Patterns(draft.events)),
            description: Set(draft.description),
            version: Set(version + 1),
            updated_at: Set(self.domain.now()),
            ..webhook_endpoint::ActiveModel::default()
        };
        match draft.state {
            None => {}
            Some(State::Active) => (row.state, row.disabled_because, row.failing_since) = (Set(State::Active), Set(None), Set(None)),
            Some(State::Disabled) => {
                let because = before.disabled_because.unwrap_or_else(|| BY_OWNER.to_owned());
                (row.state, row.disabled_because) = (Set(State::Disabled), Set(Some(because)));
            }
        }
        let txn = self.domain.db.write().await?;
        let of_it = webhook_endpoint::Entity::update_many().set(row).filter(webhook_endpoint::Column::Id.eq(id));
        let written = of_it.filter(webhook_endpoint::Column::Version.eq(version)).exec(&*txn).await?;
        let now = own(&*txn, caller, id).await?;
        if written.rows_affected == 0 {
            return Err(WebhookError::OtherVersion { webhook: id, expected: version, current: now.version });
        }
        txn.commit().await?;
        Ok(now.into())
    }

    /// Take the webhook away, with all that is on its way to it.
    ///
    /// # Errors
    /// [`WebhookError::OtherVersion`] when somebody changed it meanwhile.
    pub async fn delete(&self, caller: &Caller, id: WebhookId, expected: Option<i32>) -> Result<(), WebhookError> {
        let txn = self.domain.db.write().await?;
        let row = own(&*txn, caller, id).await?;
        let version = expected.unwrap_or(row.version);
        // Deliveries first, as those who record one lock them: nobody waits for one another in a ring.
        webhook_delivery::Entity::delete_many().filter(webhook_delivery::Column::EndpointId.eq(id)).exec(&*txn).await?;
        let of_it = webhook_endpoint::Entity::delete_many().filter(webhook_endpoint::Column::Id.eq(id));
        let deleted = of_it.filter(webhook_endpoint::Column::Version.eq(version)).exec(&*txn).await?;
        if deleted.rows_affected == 0 {
            return Err(WebhookError::OtherVersion { webhook: id, expected: version, current: row.version });
        }
        txn.commit().await?;
        tracing::info!(webhook.id = %id, "deleted webhook `{id}`");
        Ok(())
    }
}
