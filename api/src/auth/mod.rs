//! Who is calling: access tokens, and what a handler learns about the caller.

mod caller;
mod claims;
mod keys;
mod ops;

pub use caller::Caller;
pub use claims::{Claims, Tokens};
pub use keys::{KeyError, SigningKey};
pub use ops::{Architect, Observer};
