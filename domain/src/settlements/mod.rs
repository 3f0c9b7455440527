//! Payouts on chain, exactly once. `docs/chain.md` tells the order of things to people.
//!
//! What is signed is stored and committed before a byte of it is sent. From then on [`look`] says what to do about it, as often as somebody asks.

mod fee;
mod look;

pub use fee::{FeePolicy, offer};
pub use look::{Next, look, paid_by};
