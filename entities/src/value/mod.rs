//! Values that are more than their number.

mod address;
mod amount;
mod email_address;
mod sealed;
mod signature;
mod timestamp;

pub use address::{Address, AddressError};
pub use amount::{Amount, AmountError};
pub use email_address::{EmailAddress, EmailAddressError};
pub use sealed::Sealed;
pub use signature::{Signature, SignatureError};
pub use timestamp::{Timestamp, TimestampError};
