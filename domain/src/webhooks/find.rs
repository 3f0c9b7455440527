//! The caller's own webhooks.

use entities::Timestamp;
use entities::id::WebhookId;
use entities::webhook_endpoint::{self, State};
use platform::Txn;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde::{Deserialize, Serialize};

use super::{WebhookError, Webhooks};
use crate::accounts::Caller;
use crate::paging::{Page, PageRequest};

/// A webhook as its owner sees it: without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    pub id: WebhookId,
    pub url: String,
    pub events: Vec<String>,
    pub description: Option<String>,
    pub state: State,
    pub disabled_because: Option<String>,
    pub failing_since: Option<Timestamp>,
    pub previous_secret_until: Option<Timestamp>,
    pub version: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl From<webhook_endpoint::Model> for Webhook {
    fn from(row: webhook_endpoint::Model) -> Self {
        Self {
            id: row.id,
            url: row.url,
            events: row.events.0,
            description: row.description,
            state: row.state,
            disabled_because: row.disabled_because,
            failing_since: row.failing_since,
            previous_secret_until: row.previous_secret_until,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl Webhooks<'_> {
    /// # Errors
    /// [`WebhookError::Missing`], also when it is somebody else's.
    pub async fn get(&self, caller: &Caller, id: WebhookId) -> Result<Webhook, WebhookError> {
        own(self.domain.db.connection(), caller, id).await.map(Into::into)
    }

    /// The caller's webhooks, newest first.
    ///
    /// # Errors
    /// [`WebhookError::Page`] when the page cannot be told.
    pub async fn list(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Webhook>, WebhookError> {
        let mut wanted = Condition::all().add(webhook_endpoint::Column::UserId.eq(caller.user_id));
        if let Some(after) = page.after::<WebhookId>("webhooks", &caller.user_id)? {
            wanted = wanted.add(webhook_endpoint::Column::Id.lt(after));
        }
        let find = webhook_endpoint::Entity::find().filter(wanted).order_by_desc(webhook_endpoint::Column::Id);
        let rows = find.limit(page.rows_max()? + 1).all(self.domain.db.connection()).await?;
        let page = page.page("webhooks", &caller.user_id, rows, |row| row.id)?;
        Ok(Page { items: page.items.into_iter().map(Into::into).collect(), next_page_token: page.next_page_token })
    }
}

/// The row, for its owner.
pub async fn own(db: &impl ConnectionTrait, caller: &Caller, id: WebhookId) -> Result<webhook_endpoint::Model, WebhookError> {
    let found = webhook_endpoint::Entity::find_by_id(id).filter(webhook_endpoint::Column::UserId.eq(caller.user_id));
    found.one(db).await?.ok_or(WebhookError::Missing { webhook: id })
}

/// The row, for its owner, which nobody deletes until the commit: what is written for it finds it there.
pub async fn there(txn: &Txn, caller: &Caller, id: WebhookId) -> Result<webhook_endpoint::Model, WebhookError> {
    let found = webhook_endpoint::Entity::find_by_id(id).filter(webhook_endpoint::Column::UserId.eq(caller.user_id));
    found.lock(LockType::KeyShare).one(&**txn).await?.ok_or(WebhookError::Missing { webhook: id })
}
