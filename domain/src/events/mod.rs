//! What happened, for those who listen. An event is a row in the transaction of the change; its place in its topic is given afterwards,
//! so that no counter holds up the transactions that make events. In the same transaction it goes on its way to the webhooks that want it.

mod append;
mod prune;
mod sequence;

pub use append::{NewEvent, append};
pub use prune::prune;
pub use sequence::{SequenceError, keep_in_order, sequence};
