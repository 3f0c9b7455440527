//! Payouts on chain, exactly once. `docs/chain.md` tells the order of things to people.
//!
//! A vendor asks ([`request`]): the money is in flight at once. The clock makes batches of what waits ([`seal`]), and the job of a batch takes one step after another
//! ([`settle`]) until all its lines are paid or went back. What is signed is stored and committed before a byte of it is sent; from then on
//! [`look`] says what to do about it, as often as somebody asks.

mod attempt;
mod check;
mod confirm;
mod cost;
mod error;
mod fee;
mod give_back;
mod list;
mod look;
mod money;
mod request;
mod seal;
mod settings;
mod settle;
mod table;
mod tell;

pub use entities::payout::{Model as Payout, State as PayoutState};
pub use entities::settlement_batch::{Model as Batch, State as BatchState};
pub use error::SettlementError;
pub use fee::{FeePolicy, offer};
pub use look::{Next, look, paid_by};
pub use request::{PayoutRequest, Requested};
pub use settings::Settings;
pub use settle::Progress;

use crate::context::Domain;

/// What vendors have paid out.
#[derive(Clone, Copy)]
pub struct Settlements<'a> {
    pub(crate) domain: &'a Domain,
}

impl Domain {
    /// Payouts, and the batches that pay them.
    #[must_use]
    pub fn settlements(&self) -> Settlements<'_> {
        Settlements { domain: self }
    }
}
