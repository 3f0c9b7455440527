//! A wallet that signs what it is asked to.

use domain::entities::Address;
use domain::intents::SignedIntent;
use domain::sign_in::{Signed, WalletLogin};
use domain::siws::Site;
use ed25519_dalek::{Signer as _, SigningKey};

use crate::World;

/// An Ed25519 key.
pub struct TestWallet(SigningKey);

impl TestWallet {
    /// The same number is the same wallet.
    #[must_use]
    pub fn new(number: u8) -> Self {
        Self(SigningKey::from_bytes(&[number; 32]))
    }

    /// Any 32 bytes are a wallet.
    #[must_use]
    pub fn of(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// The same payment with this wallet's signature.
    ///
    /// # Panics
    /// Never: what it signs is a signature.
    #[must_use]
    pub fn sign_intent(&self, site: &Site, intent: SignedIntent) -> SignedIntent {
        let signature = self.signature(intent.text(site).as_bytes()).parse().expect("64 bytes of base58");
        SignedIntent { signature, ..intent }
    }

    #[must_use]
    pub fn address(&self) -> Address {
        Address::from_bytes(self.0.verifying_key().to_bytes())
    }

    #[must_use]
    pub fn signs(&self, text: &str) -> WalletLogin {
        WalletLogin { signed: Signed::Text(text.to_owned()), ..self.signs_bytes(text.as_bytes()) }
    }

    /// # Panics
    /// Never: what it signs is a signature.
    #[must_use]
    pub fn signs_bytes(&self, bytes: &[u8]) -> WalletLogin {
        let signature = self.signature(bytes).parse().expect("64 bytes of base58");
        WalletLogin { address: self.address(), signed: Signed::Bytes(bytes.to_vec()), signature }
    }

    /// In base58, as wallets hand it out.
    #[must_use]
    pub fn signature(&self, bytes: &[u8]) -> String {
        bs58::encode(self.0.sign(bytes).to_bytes()).into_string()
    }

    /// Answers a new challenge.
    ///
    /// # Panics
    /// When there is none.
    pub async fn answers(&self, world: &World) -> WalletLogin {
        let challenge = world.domain.sign_ins().challenge(self.address()).await.expect("a challenge");
        self.signs(&challenge.message)
    }
}
