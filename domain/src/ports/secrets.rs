//! Where the installation's own secrets come from.

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
    /// Different ones among them at least: random ones have more, a default that somebody typed has not.
    const DIFFERENT_MIN: usize = 12;

    /// # Errors
    /// [`SecretsError::Weak`] when it is short or looks made up.
    pub fn new(name: &str, text: &str) -> Result<Self, SecretsError> {
        let text = text.trim();
        let different = text.chars().collect::<std::collections::BTreeSet<_>>().len();
        if text.chars().count() < Self::CHARS_MIN || different < Self::DIFFERENT_MIN {
            return Err(SecretsError::Weak { name: name.to_owned() });
        }
        Ok(Self(zeroize::Zeroizing::new(text.to_owned())))
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
    #[error("the secret `{name}` has less than 32 characters or is not random; make one with `openssl rand -base64 32`")]
    Weak { name: String },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_typed_is_no_secret() {
        for weak in ["", "changeme", "secretsecretsecretsecretsecretsecret", "00000000000000000000000000000000000000000000"] {
            assert!(Secret::new("sealing_v1", weak).is_err(), "{weak}");
        }
        let random = Secret::new("sealing_v1", " d8Vb0xR2xq6yF1m7s9KJpQzLw3TnHgEaUcYoIiBvXW4=\n");
        assert_eq!(random.map(|secret| format!("{secret:?} {}", secret.bytes().len())).ok(), Some("Secret(…) 44".into()));
    }
}
