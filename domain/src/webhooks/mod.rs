//! Webhooks: events that are sent to where their owners want them, signed (Standard Webhooks 1.0), at least once, always under the same id.
//!
//! The sequencer of events calls [`fan_out`]: in the transaction that gives an event its place, each endpoint that wants it gets its delivery and
//! the job of it. The job [opens](Webhooks::open) the delivery, sends it, and writes down [what came of it](Webhooks::tried).
//! `docs/webhooks.md` says what receivers see.

mod ask;
mod audience;
mod behind;
mod create;
mod deliver;
mod deliveries;
mod disable;
mod draft;
mod error;
mod fan_out;
mod find;
mod names;
mod payload;
mod prune;
mod reconcile;
mod rotate;
mod secret;
mod settings;
mod tried;
mod update;

pub use create::Made;
pub use deliver::{Opened, Outgoing};
pub use deliveries::{Delivery, DeliveryFilter};
pub use draft::WebhookDraft;
pub use entities::webhook_attempt::Model as Attempt;
pub use entities::webhook_delivery::State as DeliveryState;
pub use entities::webhook_endpoint::State;
pub use error::WebhookError;
pub(crate) use fan_out::fan_out;
pub use find::Webhook;
pub use names::{EVENTS, TEST};
pub use prune::prune;
pub use reconcile::Reconciled;
pub use settings::Settings;
pub use tried::{Next, RETRY_AFTER};

use crate::context::Domain;

/// The webhooks of the installation.
#[derive(Clone, Copy)]
pub struct Webhooks<'a> {
    pub(crate) domain: &'a Domain,
}
