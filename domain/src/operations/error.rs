//! Why an operation is not shown.

use entities::id::JobId;
use sea_orm::DbErr;

use crate::fault::{Class, Fault};

/// Why an operation is not shown.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    #[error("there is no operation {id}")]
    Missing { id: JobId },
    #[error("the database did not answer for an operation")]
    Database(#[from] DbErr),
}

impl Fault for OperationError {
    fn class(&self) -> Class {
        match self {
            Self::Missing { .. } => Class::Missing,
            Self::Database(error) => error.class(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "not-found",
            Self::Database(error) => error.code(),
        }
    }
}
