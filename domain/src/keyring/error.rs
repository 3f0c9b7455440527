//! Why a value is not sealed or opened.

use crate::fault::{Class, Fault};
use crate::ports::secrets::SecretsError;

/// Why a value is not sealed or opened. It never says what is in it.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("this process has no secrets to seal with")]
    NoSecrets,
    #[error("a secret to seal with cannot be had")]
    Secrets(#[from] SecretsError),
    #[error("the sealed value of {table}.{column} in row {row} does not open: it was changed, moved, or sealed with another secret")]
    Closed { table: &'static str, column: &'static str, row: String },
    #[error("a stored value is not sealed for the purpose `{purpose}`")]
    Malformed { purpose: &'static str },
    #[error("a value of {bytes} bytes is too large to be sealed")]
    TooLarge { bytes: usize },
}

impl Fault for KeyringError {
    fn class(&self) -> Class {
        match self {
            Self::NoSecrets => Class::Unavailable,
            Self::Secrets(error) => error.class(),
            Self::Closed { .. } | Self::Malformed { .. } | Self::TooLarge { .. } => Class::Bug,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoSecrets => "unavailable",
            Self::Secrets(error) => error.code(),
            Self::Closed { .. } | Self::Malformed { .. } | Self::TooLarge { .. } => "internal",
        }
    }
}
