//! Once is once: a request that is repeated under its key gets the first answer again.
//!
//! The key's row is written in the transaction of the effect, so both are there or neither is. A function with an effect does this:
//!
//! 1. [`earlier`] before anything is checked, so that a replay does not depend on what has changed since;
//! 2. [`open`] and [`claim`] at the start of the transaction;
//! 3. [`keep`] with the answer at its end, or [`release`] when the transaction keeps something though the request was refused.

mod claim;
mod error;
mod prune;

pub use claim::{Claim, Once, claim, earlier, keep, open, release};
pub use error::IdempotencyError;
pub use prune::prune;
