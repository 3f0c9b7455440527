//! A signature on Solana: the name of a transaction.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// 64 bytes of Ed25519; 64 to 88 characters of base58 in the database, in JSON and in messages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
#[sea_orm(value_type = "String")]
pub struct Signature([u8; 64]);

/// A text that is not a signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a signature is 64 bytes, written as 64 to 88 characters of base58")]
pub struct SignatureError;

impl Signature {
    #[must_use]
    pub fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

/// For keys of several columns; no database counts signatures.
impl sea_orm::TryFromU64 for Signature {
    fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
        Err(sea_orm::DbErr::ConvertFromU64("Signature"))
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bs58::encode(self.0).into_string())
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Signature {
    type Err = SignatureError;

    fn from_str(text: &str) -> Result<Self, SignatureError> {
        if !(64..=88).contains(&text.len()) {
            return Err(SignatureError);
        }
        let mut bytes = [0; 64];
        match bs58::decode(text).onto(&mut bytes) {
            Ok(64) => Ok(Self(bytes)),
            _ => Err(SignatureError),
        }
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_sixty_four_bytes_and_has_one_spelling() {
        let text = "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW";
        assert_eq!(text.parse::<Signature>().map(|signature| signature.to_string()).as_deref(), Ok(text));
        assert_eq!("1".repeat(64).parse::<Signature>().map(|signature| *signature.bytes()), Ok([0; 64]));
        for wrong in [String::new(), "1".repeat(63), "z".repeat(88), text.replace('5', "0")] {
            assert!(wrong.parse::<Signature>().is_err(), "{wrong}");
        }
    }
}
