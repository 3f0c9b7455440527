//! No more is sent to an endpoint, and its owner is told.

use std::time::Duration;

use entities::id::WebhookId;
use entities::webhook_endpoint::{self, State};
use entities::{EmailAddress, user};
use jobs::Wake;
use platform::Txn;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};
use serde_json::json;

use super::{WebhookError, Webhooks};
use crate::events::{self, NewEvent};
use crate::mail::{self, Letter, SealedMail};

pub const BY_OWNER: &str = "its owner asked for it";
/// A notice that is older helps nobody.
const NOTICE_GOOD_FOR: Duration = Duration::from_hours(7 * 24);

impl Webhooks<'_> {
    /// Disable an active endpoint: its state, an event, and a mail if its owner has an address, in the transaction of what it comes from.
    pub(super) async fn disable(&self, txn: &Txn, id: WebhookId, because: &str) -> Result<Option<Wake>, WebhookError> {
        let Some(endpoint) = self.close(txn, id, because).await? else { return Ok(None) };
        let Some(notice) = self.notice(&**txn, &endpoint, because).await? else { return Ok(None) };
        let (_, wake) = mail::write(self.domain, txn, notice).await?;
        Ok(Some(wake))
    }

    /// The same without the mail. Answers the endpoint, unless it was not active.
    pub(super) async fn close(&self, txn: &Txn, id: WebhookId, because: &str) -> Result<Option<webhook_endpoint::Model>, WebhookError> {
        let disabled = webhook_endpoint::Entity::update_many()
            .col_expr(webhook_endpoint::Column::State, Expr::value(State::Disabled))
            .col_expr(webhook_endpoint::Column::DisabledBecause, Expr::value(because))
            .col_expr(webhook_endpoint::Column::Version, Expr::col(webhook_endpoint::Column::Version).add(1))
            .col_expr(webhook_endpoint::Column::UpdatedAt, Expr::value(self.domain.now()))
            .filter(webhook_endpoint::Column::Id.eq(id))
            .filter(webhook_endpoint::Column::State.eq(State::Active))
            .exec(&**txn)
            .await?;
        let endpoint = webhook_endpoint::Entity::find_by_id(id).one(&**txn).await?.filter(|_| disabled.rows_affected > 0);
        let Some(endpoint) = endpoint else { return Ok(None) };
        let data = json!({ "webhook_id": id, "state": "disabled", "because": because });
        events::append(self.domain, txn, NewEvent { topic: format!("webhook:{id}"), event: "webhookDisabled", data }).await?;
        tracing::warn!(webhook.id = %id, because, "disabled webhook `{id}`");
        Ok(Some(endpoint))
    }

    /// The mail to its owner, if there is an address.
    pub(super) async fn notice(
        &self,
        db: &impl ConnectionTrait,
        endpoint: &webhook_endpoint::Model,
        because: &str,
    ) -> Result<Option<SealedMail>, WebhookError> {
        let owner = user::Entity::find_by_id(endpoint.user_id).one(db).await?;
        let Some(to) = owner.and_then(|owner| owner.email).and_then(|email| email.parse::<EmailAddress>().ok()) else { return Ok(None) };
        let id = endpoint.id;
        let host = endpoint.url.split('/').nth(2).unwrap_or_default();
        let text = format!(
            "Nothing more is sent to your webhook {id} at {host}: {because}.\n\n\
             Mend the receiver, then make the webhook active again (PUT /v1/webhooks/{id} with \"state\": \"active\"). \
             What was not delivered can be replayed for {} days.\n",
            self.domain.settings.keeping.webhook_deliveries_days
        );
        let letter = Letter::new("webhook_disabled", &format!("Your webhook at {host} is disabled"), &text);
        Ok(Some(mail::seal(self.domain, &to, letter, Some(NOTICE_GOOD_FOR)).await?))
    }
}
