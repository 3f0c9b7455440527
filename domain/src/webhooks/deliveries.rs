//! What was sent to a webhook, or is on its way, with each request.

use std::collections::HashMap;

use entities::id::{DeliveryId, WebhookId};
use entities::webhook_attempt;
use entities::webhook_delivery::{self, State};
use sea_orm::{ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde::Serialize;

use super::find::own;
use super::{Attempt, WebhookError, Webhooks};
use crate::accounts::Caller;
use crate::paging::{Page, PageRequest};

/// A delivery with its requests, the first one first.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub row: webhook_delivery::Model,
    pub attempts: Vec<Attempt>,
}

/// What the deliveries of a list have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DeliveryFilter {
    pub state: Option<State>,
    pub event: Option<String>,
}

impl Webhooks<'_> {
    /// The deliveries of a webhook, newest first.
    ///
    /// # Errors
    /// [`WebhookError::Page`] when the page cannot be told.
    pub async fn deliveries(
        &self,
        caller: &Caller,
        id: WebhookId,
        filter: &DeliveryFilter,
        page: &PageRequest,
    ) -> Result<Page<Delivery>, WebhookError> {
        let db = self.domain.db.connection();
        let (webhook, of) = (own(db, caller, id).await?, (id, filter));
        let mut wanted = Condition::all()
            .add(webhook_delivery::Column::EndpointId.eq(webhook.id))
            .add_option(filter.state.map(|state| webhook_delivery::Column::State.eq(state)))
            .add_option(filter.event.as_deref().map(|event| webhook_delivery::Column::Event.eq(event)));
        if let Some(after) = page.after::<DeliveryId>("deliveries", &of)? {
            wanted = wanted.add(webhook_delivery::Column::Id.lt(after));
        }
        let find = webhook_delivery::Entity::find().filter(wanted).order_by_desc(webhook_delivery::Column::Id);
        let page = page.page("deliveries", &of, find.limit(page.rows_max()? + 1).all(db).await?, |row| row.id)?;
        let mut attempts = attempts(db, &page.items).await?;
        let with = |row: webhook_delivery::Model| Delivery { attempts: attempts.remove(&row.id).unwrap_or_default(), row };
        Ok(Page { items: page.items.into_iter().map(with).collect(), next_page_token: page.next_page_token })
    }

    /// # Errors
    /// [`WebhookError::MissingDelivery`].
    pub async fn delivery(&self, caller: &Caller, id: WebhookId, delivery: DeliveryId) -> Result<Delivery, WebhookError> {
        let db = self.domain.db.connection();
        let webhook = own(db, caller, id).await?;
        let row = one(db, webhook.id, delivery).await?;
        let attempts = attempts(db, std::slice::from_ref(&row)).await?.remove(&delivery).unwrap_or_default();
        Ok(Delivery { row, attempts })
    }
}

/// The row of one delivery of that webhook.
pub async fn one(db: &impl ConnectionTrait, webhook: WebhookId, delivery: DeliveryId) -> Result<webhook_delivery::Model, WebhookError> {
    let found = webhook_delivery::Entity::find_by_id(delivery).filter(webhook_delivery::Column::EndpointId.eq(webhook));
    found.one(db).await?.ok_or(WebhookError::MissingDelivery { webhook, delivery })
}

async fn attempts(
    db: &impl ConnectionTrait,
    deliveries: &[webhook_delivery::Model],
) -> Result<HashMap<DeliveryId, Vec<Attempt>>, WebhookError> {
    let of_them = webhook_attempt::Column::DeliveryId.is_in(deliveries.iter().map(|delivery| delivery.id));
    let found = webhook_attempt::Entity::find().filter(of_them).order_by_asc(webhook_attempt::Column::Number).all(db).await?;
    let mut by_delivery: HashMap<_, Vec<_>> = HashMap::new();
    for attempt in found {
        by_delivery.entry(attempt.delivery_id).or_default().push(attempt);
    }
    Ok(by_delivery)
}
