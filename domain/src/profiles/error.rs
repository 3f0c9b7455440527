//! Why a profile is not there, or not saved.

use entities::profile::Kind;
use sea_orm::DbErr;

use crate::fault::{Class, Fault, FieldError};

/// Why a profile is not there, or not saved.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    #[error("you have no profile as {}", kind.name())]
    Missing { kind: Kind },
    #[error("the profile cannot be saved as it is")]
    Fields(Vec<FieldError>),
    #[error("the database did not answer for a profile")]
    Database(#[from] DbErr),
}

impl Fault for ProfileError {
    fn class(&self) -> Class {
        match self {
            Self::Missing { .. } => Class::Missing,
            Self::Fields(_) => Class::Invalid,
            Self::Database(error) => error.class(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "not-found",
            Self::Fields(_) => "validation-failed",
            Self::Database(error) => error.code(),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Fields(fields) => fields,
            _ => &[],
        }
    }
}
