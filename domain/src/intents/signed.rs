//! What an agent signs.

use entities::id::ProfileId;
use entities::{Address, Amount, Timestamp};

use crate::fault::FieldError;
use crate::payments::Settings;
pub use crate::siws::Signature;
use crate::siws::{Site, verify};

const NONCE_CHARS_MAX: usize = 64;

/// A payment as its agent signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIntent {
    /// The key of a linked agent.
    pub agent: Address,
    /// The profile of the vendor.
    pub to: ProfileId,
    pub amount: Amount,
    pub mint: Address,
    /// 1 … 64 letters, digits, `-` and `_`, of which the agent uses each once.
    pub nonce: String,
    /// Whole seconds.
    pub expires_at: Timestamp,
    pub signature: Signature,
}

impl SignedIntent {
    /// The bytes that the agent signs with Ed25519: nine lines, separated by line feeds, without one at the end. They name the server, so that
    /// no other one takes them.
    #[must_use]
    pub fn text(&self, site: &Site) -> String {
        format!(
            "tallyman payment intent 1\nserver: {}\nnetwork: {}\nagent: {}\nto: {}\namount: {}\nmint: {}\nnonce: {}\nexpires: {}",
            site.domain,
            site.chain,
            self.agent,
            self.to,
            self.amount,
            self.mint,
            self.nonce,
            self.expires_at.micros() / 1_000_000
        )
    }

    /// What is wrong with it by itself.
    pub(super) fn check(&self, at: usize, now: Timestamp, (site, settings): (&Site, &Settings)) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        let mut refuse = |field: &str, detail: String| {
            wrong.push(FieldError { pointer: format!("/payment_intents/{at}/{field}"), detail });
        };
        if self.amount == Amount::ZERO {
            refuse("amount", "must be more than 0".into());
        }
        let plain = self.nonce.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if self.nonce.is_empty() || self.nonce.len() > NONCE_CHARS_MAX || !plain {
            refuse("nonce", format!("must have 1 to {NONCE_CHARS_MAX} letters, digits, `-` or `_`"));
        }
        let latest = now.plus(std::time::Duration::from_secs(settings.intent_seconds_max.into()));
        if self.expires_at <= now || self.expires_at > latest {
            refuse("expires_at", format!("must lie in the next {} seconds", settings.intent_seconds_max));
        }
        if let Err(error) = verify(&self.agent, self.text(site).as_bytes(), &self.signature) {
            refuse("signature", error.to_string());
        }
        wrong
    }
}
