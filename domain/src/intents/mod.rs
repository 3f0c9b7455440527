//! Signed payments: an agent signs what it will pay, the vendor's gateway serves it at once and hands the signatures in, many at a time. The vendor has them as promises from then on;
//! a job debits the agents. Who cannot pay is suspended, and the promise is taken back. What is only promised is never paid out, so that no vendor falls below zero.

mod list;
mod post;
mod signed;
mod submit;

pub use entities::payment_intent::{Model as Intent, State as IntentState};
pub use post::Posting;
pub use signed::{Signature, SignedIntent};
pub use submit::Handed;

use crate::context::Domain;

/// Payments that agents have signed.
#[derive(Clone, Copy)]
pub struct Intents<'a> {
    pub(crate) domain: &'a Domain,
}

impl Domain {
    /// Payments that agents have signed.
    #[must_use]
    pub fn intents(&self) -> Intents<'_> {
        Intents { domain: self }
    }
}
