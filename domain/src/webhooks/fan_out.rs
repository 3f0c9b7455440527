//! From events to deliveries, in the transaction that gives the events their places: each pair of event and endpoint once, and none is lost.

use entities::event;
use entities::id::{DeliveryId, EventId, JobId};
use entities::webhook_delivery::{self, State};
use entities::webhook_endpoint;
use jobs::kinds::DeliverWebhook;
use jobs::{NewJob, Wake};
use platform::Txn;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};

use super::audience::owners;
use super::names::{matches, public_name};
use super::payload::payload;
use super::{RETRY_AFTER, WebhookError};
use crate::context::Domain;

/// A delivery before it is a row.
pub struct NewDelivery {
    pub id: DeliveryId,
    pub endpoint: webhook_endpoint::Model,
    pub event_id: EventId,
    pub event: &'static str,
    pub payload: String,
    pub tries_max: i32,
}

/// Requests of a whole schedule.
pub fn tries_of_schedule() -> i32 {
    i32::try_from(RETRY_AFTER.len()).unwrap_or(i32::MAX).saturating_add(1)
}

/// Make a delivery for each active endpoint of the owner that wants the event. Answers a wake-up if there are any.
pub async fn fan_out(domain: &Domain, txn: &Txn, events: &[event::Model]) -> Result<Option<Wake>, WebhookError> {
    let named: Vec<_> = events.iter().filter_map(|event| Some((event, public_name(event)?))).collect();
    let active = || webhook_endpoint::Entity::find().filter(webhook_endpoint::Column::State.eq(webhook_endpoint::State::Active));
    if named.is_empty() || active().one(&**txn).await?.is_none() {
        return Ok(None);
    }
    let owners = owners(txn, events).await?;
    let of_them = webhook_endpoint::Column::UserId.is_in(owners.values().copied());
    let endpoints = active().filter(of_them).all(&**txn).await?;
    let mut deliveries = Vec::new();
    for (event, name) in named {
        let owner = owners.get(&event.topic);
        let wanting = endpoints.iter().filter(|endpoint| Some(&endpoint.user_id) == owner);
        for endpoint in wanting.filter(|endpoint| endpoint.events.0.iter().any(|pattern| matches(pattern, name))) {
            deliveries.push(NewDelivery {
                id: domain.queue.ids().next(),
                endpoint: endpoint.clone(),
                event_id: event.id,
                event: name,
                payload: payload(name, event.created_at, &event.data, domain.settings.webhooks.payload_bytes_max),
                tries_max: tries_of_schedule(),
            });
        }
    }
    if deliveries.is_empty() {
        return Ok(None);
    }
    insert(domain, txn, deliveries, None).await.map(|(_, wake)| Some(wake))
}

/// Both databases take a bounded number of values in one statement: SQLite 32,766.
const ROWS_OF_INSERT_MAX: usize = 1_000;

/// Write deliveries and their jobs.
pub async fn insert(
    domain: &Domain,
    txn: &Txn,
    deliveries: Vec<NewDelivery>,
    asked_by: Option<&str>,
) -> Result<(Vec<JobId>, Wake), WebhookError> {
    let job = |delivery: &NewDelivery| -> Result<NewJob, jobs::EnqueueError> {
        let (endpoint, delivery_id) = (&delivery.endpoint, delivery.id);
        let job = NewJob::of(&DeliverWebhook { endpoint_id: endpoint.id, delivery_id, owner_id: Some(endpoint.user_id) })?;
        Ok(match asked_by {
            Some(who) => NewJob { priority: DeliverWebhook::PRIORITY_ASKED, ..job }.created_by(who),
            None => job,
        })
    };
    let jobs = deliveries.iter().map(job).collect::<Result<Vec<_>, _>>()?;
    let (enqueued, wake) = domain.queue.enqueue_all(txn, jobs).await?;
    let jobs: Vec<_> = enqueued.into_iter().map(|job| job.id).collect();
    let now = domain.now();
    let rows = deliveries.into_iter().zip(&jobs).map(|(delivery, job)| {
        let row = webhook_delivery::Model {
            id: delivery.id,
            endpoint_id: delivery.endpoint.id,
            event_id: delivery.event_id,
            event: delivery.event.to_owned(),
            payload: delivery.payload,
            state: State::Queued,
            job_id: *job,
            attempts: 0,
            tries: 0,
            tries_max: delivery.tries_max,
            next_at: Some(now),
            error: None,
            created_at: now,
            finished_at: None,
        };
        row.into_active_model()
    });
    let rows: Vec<_> = rows.collect();
    for some in rows.chunks(ROWS_OF_INSERT_MAX) {
        webhook_delivery::Entity::insert_many(some.to_vec()).exec_without_returning(&**txn).await?;
    }
    Ok((jobs, wake))
}
