//! Values that are more than their number.

mod amount;
mod timestamp;

pub use amount::{Amount, AmountError};
pub use timestamp::{Timestamp, TimestampError};
