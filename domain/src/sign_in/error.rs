//! Why somebody does not get in.

use entities::user_identity::Kind;
use sea_orm::DbErr;

use super::ProviderError;
use crate::accounts::AccountError;
use crate::fault::{Class, Fault};
use crate::idempotency::IdempotencyError;
use crate::keyring::KeyringError;
use crate::limits::{LimitError, LimitReached};
use crate::mail::MailError;
use crate::siws::{EnvelopeError, ParseError, SignatureError};

/// Why somebody does not get in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    #[error("this is no sign-in message: {0}")]
    Grammar(#[from] ParseError),
    #[error("the signed bytes hold no sign-in message: {0}")]
    Envelope(#[from] EnvelopeError),
    #[error("the message {0}")]
    Message(&'static str),
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error("the nonce is not one of ours for this address, was used before, is too old, or has failed too often; ask for a new challenge")]
    Nonce,
    #[error("this token belongs to no sign-in: it was issued at the shell, and ends with its time")]
    NoSignIn,
    #[error("the refresh token is not one of ours, is too old, or its sign-in is over; sign in again")]
    RefreshToken,
    #[error("the refresh token was used before, so somebody else may have it: the sign-in is closed; sign in again")]
    RefreshTokenReused,
    #[error("the code is not the newest one for this address, was used before, is too old, or was tried too often; ask for a new one")]
    Code,
    #[error("the identity token {0}")]
    IdToken(&'static str),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error("nobody signs in by {} here", .0.name())]
    NotOffered(Kind),
    #[error(transparent)]
    Limit(#[from] LimitError),
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
}

impl From<DbErr> for SignInError {
    fn from(error: DbErr) -> Self {
        Self::Account(error.into())
    }
}

impl Fault for SignInError {
    fn class(&self) -> Class {
        match self {
            Self::Account(error) => error.class(),
            Self::Idempotency(error) => error.class(),
            Self::Limit(error) => error.class(),
            Self::Mail(error) => error.class(),
            Self::Keyring(error) => error.class(),
            Self::Provider(error) => error.class(),
            Self::NotOffered(_) => Class::Missing,
            Self::NoSignIn => Class::Refused,
            _ => Class::Forbidden,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Grammar(_) | Self::Envelope(_) | Self::Message(_) => "invalid-sign-in-message",
            Self::Signature(_) => "invalid-signature",
            Self::Nonce => "invalid-nonce",
            Self::Code => "invalid-code",
            Self::IdToken(_) => "invalid-id-token",
            Self::Provider(error) => error.code(),
            Self::NotOffered(_) => "not-found",
            Self::NoSignIn => "refused",
            Self::RefreshToken | Self::RefreshTokenReused => "invalid-refresh-token",
            Self::Account(error) => error.code(),
            Self::Idempotency(error) => error.code(),
            Self::Limit(error) => error.code(),
            Self::Mail(error) => error.code(),
            Self::Keyring(error) => error.code(),
        }
    }

    fn limit(&self) -> Option<&LimitReached> {
        match self {
            Self::Limit(error) => error.limit(),
            _ => None,
        }
    }
}
