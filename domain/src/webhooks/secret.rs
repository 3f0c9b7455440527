//! What requests are signed with, and the signature: HMAC-SHA256 over `id.timestamp.payload` (Standard Webhooks 1.0, "symmetric").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entities::id::{EventId, WebhookId};
use hmac::{Hmac, Mac as _};
use platform::Rng;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::keyring::Place;

const PREFIX: &str = "whsec_";
const BYTES: usize = 32;

/// A signing secret. It is not printed.
pub struct SigningSecret(Zeroizing<Vec<u8>>);

impl SigningSecret {
    pub fn random(rng: &dyn Rng) -> Self {
        let mut bytes = Zeroizing::new(vec![0; BYTES]);
        rng.fill(&mut bytes);
        Self(bytes)
    }

    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As its owner gets it, once.
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&*self.0))
    }

    /// `v1,<base64>`
    pub fn signature(&self, id: EventId, seconds: i64, payload: &str) -> String {
        // A key of any length is taken.
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).map(|mac| mac.chain_update(format!("{id}.{seconds}.{payload}")));
        format!("v1,{}", mac.map(|mac| STANDARD.encode(mac.finalize().into_bytes())).unwrap_or_default())
    }
}

pub fn place(id: WebhookId, column: &'static str) -> Place {
    Place { table: "webhook_endpoints", row: id.to_string(), column }
}

/// Where the secret is stored, and where the one before.
pub const CURRENT: &str = "secret";
pub const PREVIOUS: &str = "previous_secret";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_over_id_time_and_payload() {
        let secret = SigningSecret::from_bytes(Zeroizing::new(b"0123456789abcdef0123456789abcdef".to_vec()));
        assert_eq!(secret.text(), "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
        let id = EventId::from(uuid::Uuid::from_u128(1));
        let signature = secret.signature(id, 1_700_000_000, "{}");
        assert!(signature.starts_with("v1,") && signature.len() == 3 + 44, "{signature}");
        for other in [secret.signature(id, 1_700_000_001, "{}"), secret.signature(id, 1_700_000_000, "{ }")] {
            assert_ne!(signature, other);
        }
    }
}
