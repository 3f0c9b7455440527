//! Ed25519 (RFC 8032), strictly.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::VerifyingKey;
use entities::Address;

/// 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

/// A text that is no signature, or a signature that is not the address's own over the bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("a signature is 64 bytes, written in base58, or in base64 with its padding")]
    Malformed,
    #[error("the signature is not this address's own over this message")]
    Wrong,
}

impl Signature {
    #[must_use]
    pub fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&bs58::encode(self.0).into_string())
    }
}

/// Wallets hand signatures out in base58; base64 of 64 bytes ends in `==`, which base58 never does.
impl FromStr for Signature {
    type Err = SignatureError;

    fn from_str(text: &str) -> Result<Self, SignatureError> {
        // The longest spelling of 64 bytes has 88 characters in either.
        let bytes = match text {
            long if long.len() > 88 => None,
            padded if padded.ends_with("==") => STANDARD.decode(padded).ok(),
            plain => bs58::decode(plain).into_vec().ok(),
        };
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(SignatureError::Malformed)
    }
}

/// Whether the signature is the address's own over exactly these bytes. Keys and nonces of small order, which sign anything, are refused.
///
/// # Errors
/// [`SignatureError::Wrong`].
pub fn verify(address: &Address, message: &[u8], signature: &Signature) -> Result<(), SignatureError> {
    let key = VerifyingKey::from_bytes(address.bytes()).map_err(|_| SignatureError::Wrong)?;
    let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
    key.verify_strict(message, &signature).map_err(|_| SignatureError::Wrong)
}
