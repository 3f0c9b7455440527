//! Where the installation's own secrets come from.

mod strength;

use async_trait::async_trait;

/// Hands out secrets by name. One implementation reads files, one the settings.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The secret of that name: `sealing_v1`.
    ///
    /// # Errors
    /// [`SecretsError::Missing`] when there is none and none may be made up.
    async fn secret(&self, name: &str) -> Result<Secret, SecretsError>;
}

/// A secret text. It is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(zeroize::Zeroizing<String>);

impl Secret {
    /// Characters of a secret at least; `openssl rand -base64 32` gives 44.
    pub const CHARS_MIN: usize = 32;

    /// # Errors
    /// [`SecretsError::Weak`] when it is short, or others may know it: an example that was copied, a word, a row of keys.
    pub fn new(name: &str, text: &str) -> Result<Self, SecretsError> {
        let text = text.trim();
        match strength::weakness(text, Self::CHARS_MIN) {
            Some(why) => Err(SecretsError::Weak { name: name.to_owned(), why }),
            None => Ok(Self(zeroize::Zeroizing::new(text.to_owned()))),
        }
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A secret that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    #[error("there is no secret `{name}`: {advice}")]
    Missing { name: String, advice: String },
    #[error("the secret `{name}` {why}; make one with `openssl rand -base64 32`")]
    Weak { name: String, why: &'static str },
    #[error("the secret `{name}` cannot be read: {reason}")]
    Unavailable { name: String, reason: String },
}

impl crate::Fault for SecretsError {
    fn class(&self) -> crate::Class {
        crate::Class::Unavailable
    }

    fn code(&self) -> &'static str {
        "unavailable"
    }
}
