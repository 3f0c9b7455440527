//! Why a device is not linked, or not believed.

use entities::id::DeviceLinkId;
use sea_orm::DbErr;

use crate::accounts::AccountError;
use crate::fault::{Class, Fault, FieldError};
use crate::idempotency::IdempotencyError;
use crate::profiles::ProfileError;
use crate::siws::SignatureError;

/// Why a device is not linked, or not believed.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    #[error("there is no pairing with this code, or it is over")]
    Code,
    #[error("there is no device {link} of yours")]
    Missing { link: DeviceLinkId },
    #[error("this device code is not one of ours")]
    Grant,
    #[error("nobody has answered yet; ask again")]
    Pending,
    #[error("you ask too often; wait {seconds} seconds between two questions")]
    SlowDown { seconds: u64 },
    #[error("somebody said no")]
    Denied,
    #[error("the pairing took too long; start again")]
    Expired,
    #[error("you have {max} linked devices already; part with one first")]
    TooMany { max: u32 },
    #[error("the device has no name that can be shown")]
    Name(Vec<FieldError>),
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error("the proof is not this key's for {server}; is that in the URL at which the device reaches it?")]
    Proof { server: String },
    #[error("the request was seen before")]
    Replayed,
    #[error(transparent)]
    Profile(#[from] ProfileError),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
}

impl From<DbErr> for DeviceError {
    fn from(error: DbErr) -> Self {
        Self::Account(error.into())
    }
}

impl Fault for DeviceError {
    fn class(&self) -> Class {
        match self {
            Self::Code | Self::Missing { .. } => Class::Missing,
            Self::Grant | Self::Pending | Self::SlowDown { .. } | Self::Denied | Self::Expired | Self::Name(_) => Class::Invalid,
            Self::TooMany { .. } => Class::Refused,
            Self::Signature(_) | Self::Proof { .. } | Self::Replayed => Class::Forbidden,
            Self::Profile(error) => error.class(),
            Self::Account(error) => error.class(),
            Self::Idempotency(error) => error.class(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Code | Self::Missing { .. } => "not-found",
            Self::Grant => "invalid-grant",
            Self::Pending => "authorization-pending",
            Self::SlowDown { .. } => "slow-down",
            Self::Denied => "access-denied",
            Self::Expired => "expired-token",
            Self::TooMany { .. } => "refused",
            Self::Name(_) => "validation-failed",
            Self::Signature(_) | Self::Proof { .. } | Self::Replayed => "invalid-signature",
            Self::Profile(error) => error.code(),
            Self::Account(error) => error.code(),
            Self::Idempotency(error) => error.code(),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Name(fields) => fields,
            Self::Profile(error) => error.fields(),
            _ => &[],
        }
    }
}
