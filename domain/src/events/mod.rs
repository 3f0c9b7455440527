//! What happened, for those who listen. An event is a row in the transaction of the change; its place in its topic is given afterwards,
//! so that no counter holds up the transactions that make events.

mod append;
mod prune;
mod sequence;

pub use append::{NewEvent, append};
pub use prune::prune;
pub use sequence::{keep_in_order, sequence};
