//! The door for other services: what they push with `apalis-redis` becomes a row, once per task id.
//!
//! ```text
//! Producer ─► Redis (apalis-redis keys) ─► read a batch ─► one transaction: jobs + ingress_messages ─► remove from Redis
//!                                                └─► what cannot be a job: the dead list, with the reason
//! ```
//!
//! A message leaves Redis only after the commit of its row. A crash between the two brings it back, and the row in
//! `ingress_messages` makes the repeat a no-op. Reading is ours and in bounded batches; the fetch of `apalis-redis` is not used (ADR 0001 says why).
//!
//! A service that does not use [`Producer`] pushes `{"kind": "probe", "payload": {…}}` with any `apalis-redis` 1.0 storage whose
//! `Config` names the queue; it gives each task an id of its own and pushes the same id again when it does not know whether a push arrived.

mod desk;
mod door;
mod inbox;
mod message;
mod producer;
mod settings;

pub use desk::Ingress;
pub use message::{MESSAGE_BYTES_MAX, Message};
pub use producer::{Producer, PushError};
pub use settings::{Settings, SettingsError};
