//! Values that are sealed where they are stored: AES-256-GCM under a key of their purpose, bound to their place.
//!
//! A sealed value reads `tk:<purpose>:v<N>:<base64(nonce‖ciphertext‖tag)>`. Its key is HKDF-SHA256 of the secret `sealing_v<N>` with the purpose as info;
//! the associated data are `purpose|table|row|column|version`, so a value that is copied to another row does not open there.

mod error;
mod seal;
mod tag;

use entities::Sealed;
pub use error::KeyringError;
pub(crate) use seal::Key;
use zeroize::Zeroizing;

use crate::context::Domain;

/// The version that new values are sealed with.
const PRIMARY: u32 = 1;

/// What a value is sealed for. Each purpose has keys of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// What stands in a mail.
    Mail,
    /// What webhooks are signed with.
    WebhookSecret,
    /// Codes that are sent by mail to sign in with.
    OtpCode,
    /// What API keys are hashed with. It seals nothing.
    ApiKey,
}

impl Purpose {
    /// The word in sealed values.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::WebhookSecret => "webhook_secret",
            Self::OtpCode => "otp_code",
            Self::ApiKey => "api_key",
        }
    }
}

/// Where a sealed value is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub table: &'static str,
    pub row: String,
    pub column: &'static str,
}

/// Seals and opens.
#[derive(Clone, Copy)]
pub struct Keyring<'a> {
    pub(crate) domain: &'a Domain,
}

impl Keyring<'_> {
    /// Seal a value for its place.
    ///
    /// # Errors
    /// [`KeyringError::Secrets`] when the secret cannot be had.
    pub async fn seal(&self, purpose: Purpose, place: &Place, plain: &[u8]) -> Result<Sealed, KeyringError> {
        let key = self.key(purpose, PRIMARY).await?;
        let mut nonce = [0; seal::NONCE_BYTES];
        self.domain.rng.fill(&mut nonce);
        seal::seal(purpose, PRIMARY, &key, nonce, place, plain)
    }

    /// Open a value at its place.
    ///
    /// # Errors
    /// [`KeyringError::Closed`] when it was sealed for another place, with another secret, or was changed.
    pub async fn open(&self, purpose: Purpose, place: &Place, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
        let version = seal::version(purpose, sealed)?;
        let key = self.key(purpose, version).await?;
        seal::open(purpose, version, &key, place, sealed)
    }

    /// A tag that nobody else can make or check: `v<N>:` and HMAC-SHA256 in hexadecimal. For texts that are too short to be hashed alone.
    ///
    /// # Errors
    /// [`KeyringError::Secrets`] when the secret cannot be had.
    pub async fn tag(&self, purpose: Purpose, text: &str) -> Result<String, KeyringError> {
        Ok(tag::tag(PRIMARY, &self.key(purpose, PRIMARY).await?, text))
    }

    /// Whether a tag was made of this text. It takes as long whatever the answer is.
    ///
    /// # Errors
    /// As [`tag`](Self::tag).
    pub async fn is_tag(&self, purpose: Purpose, text: &str, tag: &str) -> Result<bool, KeyringError> {
        let version = tag::version(tag).unwrap_or(PRIMARY);
        Ok(tag::fits(version, &self.key(purpose, version).await?, text, tag))
    }

    /// Seal and open something, so that a process that could not do it says so at its start.
    ///
    /// # Errors
    /// Why values cannot be sealed.
    pub async fn check(&self) -> Result<(), KeyringError> {
        let place = Place { table: "installation", row: "check".into(), column: "none" };
        let sealed = self.seal(Purpose::Mail, &place, b"check").await?;
        self.open(Purpose::Mail, &place, &sealed).await.map(drop)
    }

    /// The key of a purpose, made of one version of the secret.
    pub(crate) async fn key(&self, purpose: Purpose, version: u32) -> Result<Key, KeyringError> {
        let secrets = self.domain.ports.secrets.as_deref().ok_or(KeyringError::NoSecrets)?;
        let secret = secrets.secret(&format!("sealing_v{version}")).await?;
        Ok(seal::derive(purpose, secret.bytes()))
    }
}
