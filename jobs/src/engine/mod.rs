//! What runs beside the handlers of a process: fetching, renewing, committing, taking back, telling the others.
//!
//! ```text
//! wake-up ─► fetch ─► Delivery ─► handler ─► Ticket::finish ─► commit (grouped)
//!                 └─► held ─► renew (a task of its own, also while draining)
//! ```

mod commit;
mod delivery;
mod fetch;
mod held;
mod node;
mod reclaim;
mod roster;
mod settings;
mod slots;
mod solitude;

pub use delivery::{Delivery, Ticket};
pub use node::{Node, PoolEngine};
pub use settings::Settings;
