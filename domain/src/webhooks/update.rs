//! A changed webhook, unless somebody was faster; and one that is gone.

use entities::id::WebhookId;
use entities::webhook_delivery;
use entities::webhook_endpoint::{self, Patterns, State};
use platform::Txn;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};

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
        own(self.domain.db.connection(), caller, id).await?;
        self.check(&draft)?;
        let txn = self.domain.db.write().await?;
        let before = self.held(&txn, caller, id, expected).await?;
        let mut row = webhook_endpoint::ActiveModel {
            url: Set(draft.url),
            events: Set(Patterns(draft.events)),
            description: Set(draft.description),
            version: Set(before.version + 1),
            updated_at: Set(self.domain.now()),
            ..webhook_endpoint::ActiveModel::default()
        };
        match draft.state {
            None => {}
            Some(State::Active) => {
                (row.state, row.disabled_because) = (Set(State::Active), Set(None));
                (row.failing_since, row.behind_since) = (Set(None), Set(None));
            }
            Some(State::Disabled) => {
                let because = before.disabled_because.unwrap_or_else(|| BY_OWNER.to_owned());
                (row.state, row.disabled_because) = (Set(State::Disabled), Set(Some(because)));
            }
        }
        webhook_endpoint::Entity::update_many().set(row).filter(webhook_endpoint::Column::Id.eq(id)).exec(&*txn).await?;
        let now = own(&*txn, caller, id).await?;
        txn.commit().await?;
        Ok(now.into())
    }

    /// Take the webhook away, with all that is on its way to it.
    ///
    /// # Errors
    /// [`WebhookError::OtherVersion`] when somebody changed it meanwhile.
    pub async fn delete(&self, caller: &Caller, id: WebhookId, expected: Option<i32>) -> Result<(), WebhookError> {
        let txn = self.domain.db.write().await?;
        self.held(&txn, caller, id, expected).await?;
        webhook_delivery::Entity::delete_many().filter(webhook_delivery::Column::EndpointId.eq(id)).exec(&*txn).await?;
        webhook_endpoint::Entity::delete_by_id(id).exec(&*txn).await?;
        txn.commit().await?;
        tracing::info!(webhook.id = %id, "deleted webhook `{id}`");
        Ok(())
    }

    /// The row, which nobody else changes until the commit. It is locked before any of its deliveries is, here and where tries are written down.
    async fn held(
        &self,
        txn: &Txn,
        caller: &Caller,
        id: WebhookId,
        expected: Option<i32>,
    ) -> Result<webhook_endpoint::Model, WebhookError> {
        let own = webhook_endpoint::Entity::find_by_id(id).filter(webhook_endpoint::Column::UserId.eq(caller.user_id));
        let row = own.lock_exclusive().one(&**txn).await?.ok_or(WebhookError::Missing { webhook: id })?;
        match expected.filter(|expected| *expected != row.version) {
            Some(expected) => Err(WebhookError::OtherVersion { webhook: id, expected, current: row.version }),
            None => Ok(row),
        }
    }
}
