//! The state of the schema, which only the migrations know.

use async_trait::async_trait;

/// Compares the database with the schema's history.
#[async_trait]
pub trait Schema: Send + Sync {
    /// The indexes that ought to be there and are not, or are made otherwise: `missing: name on table`, `different: name on table`.
    ///
    /// # Errors
    /// When the database cannot be asked.
    async fn wrong_indexes(&self) -> Result<Vec<String>, SchemaError>;
}

/// The database could not be asked about its schema.
#[derive(Debug, thiserror::Error)]
#[error("the database could not be asked about its schema: {reason}")]
pub struct SchemaError {
    pub reason: String,
}

impl crate::Fault for SchemaError {
    fn class(&self) -> crate::Class {
        crate::Class::Unavailable
    }

    fn code(&self) -> &'static str {
        "unavailable"
    }
}
