//! What a wallet is asked to sign.

use entities::{Address, Timestamp, auth_nonce};
use sea_orm::{EntityTrait as _, IntoActiveModel as _};

use super::settings::seconds;
use super::{SignInError, SignIns};
use crate::siws::{DateTime, Message, Site};

/// Says to people what signing means, in the letters that the grammar allows.
const STATEMENT: &str = "Sign in to Tallyman. This proves that the wallet is yours; it moves no money and costs no fee.";

const ALPHANUMERIC: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 24 letters and digits: 142 bits.
const NONCE_LENGTH: usize = 24;

/// A message to sign, and its parts for wallets that put it together themselves.
#[derive(Debug, Clone)]
pub struct Challenge {
    pub nonce: String,
    pub message: String,
    pub site: Site,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

impl SignIns<'_> {
    /// Ask the wallet to prove itself. The challenge is answered once, in time, and dies with its last failure.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn challenge(&self, address: Address) -> Result<Challenge, SignInError> {
        let site = self.domain.settings.site.clone();
        let nonce = self.nonce();
        let issued_at = DateTime::from(self.domain.now());
        let expires_at = DateTime::from(issued_at.moment().plus(seconds(self.domain.settings.sign_in.nonce_seconds)));
        let (created, expires) = (issued_at.moment(), expires_at.moment());
        let message = Message {
            statement: Some(STATEMENT.to_owned()),
            uri: Some(site.uri.clone()),
            version: true,
            chain_id: Some((site.chain, site.chain.name().to_owned())),
            nonce: Some(nonce.clone()),
            issued_at: Some(issued_at),
            expiration_time: Some(expires_at),
            ..Message::new(&site.domain, address)
        };
        let row = auth_nonce::Model { nonce: nonce.clone(), address, created_at: created, expires_at: expires, failures: 0, used_at: None };
        let db = self.domain.db.single_write().await;
        auth_nonce::Entity::insert(row.into_active_model()).exec_without_returning(&*db).await?;
        drop(db);
        Ok(Challenge { nonce, message: message.to_string(), site, issued_at: created, expires_at: expires })
    }

    fn nonce(self) -> String {
        let mut nonce = String::with_capacity(NONCE_LENGTH);
        while nonce.len() < NONCE_LENGTH {
            let mut bytes = [0; 32];
            self.domain.rng.fill(&mut bytes);
            // 248 = 4 · 62: every letter is as likely as any other.
            let letters = bytes.iter().filter(|byte| **byte < 248).map(|byte| char::from(ALPHANUMERIC[usize::from(byte % 62)]));
            nonce.extend(letters.take(NONCE_LENGTH - nonce.len()));
        }
        nonce
    }
}
