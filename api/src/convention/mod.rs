//! What operations have in common, as pieces that handlers take and give:
//!
//! - [`Accepted`]: 202 with an operation, or 200 with its end when the caller prefers to wait ([`Prefer`]).
//! - [`Awaited`]: an operation that is asked for, the same way.
//! - [`Created`] and [`Versioned`]: a resource with its place and its version; [`IfMatch`] asks for that version. [`Acted`]: what was acted on.
//! - [`IdempotencyKey`]: what makes two requests the same.

mod accepted;
mod awaited;
mod header;
mod idempotency;
mod if_match;
mod last_event_id;
mod prefer;
mod resource;

pub use accepted::{Accepted, Operations};
pub use awaited::Awaited;
pub use idempotency::IdempotencyKey;
pub use if_match::{IfMatch, etag};
pub use last_event_id::LastEventId;
pub use prefer::Prefer;
pub use resource::{Acted, Created, Deleted, Versioned};
