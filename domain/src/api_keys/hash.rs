//! What is stored of a key: HMAC-SHA-256 under a pepper that does not lie in the database. The key has more chance in it than anybody can
//! try, so nothing slower is needed.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::{ApiKeyError, ApiKeys, KeySecret};
use crate::keyring::Purpose;

/// The version of the pepper that new keys are hashed with.
pub(super) const PEPPER: u32 = 1;

/// A new text, and what is stored of it. Made before any transaction: the pepper may have to be fetched.
pub(super) struct Minted {
    pub secret: KeySecret,
    pub hash: String,
}

impl ApiKeys<'_> {
    pub(super) async fn mint(&self) -> Result<Minted, ApiKeyError> {
        let secret = KeySecret::new(&*self.domain.rng);
        let hash = self.hash(&secret).await?;
        Ok(Minted { secret, hash })
    }

    /// 64 hexadecimal digits.
    pub(super) async fn hash(&self, secret: &KeySecret) -> Result<String, ApiKeyError> {
        let domain = self.domain;
        let pepper = domain.api_keys_known.pepper.get_or_try_init(async || domain.keyring().key(Purpose::ApiKey, PEPPER).await).await?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&pepper[..]).unwrap_or_else(|_| unreachable!("HMAC takes keys of every length"));
        mac.update(secret.reveal().as_bytes());
        Ok(hex::encode(mac.finalize().into_bytes()))
    }
}
