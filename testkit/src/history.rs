//! The schema's history behind its port, as the product wires it.

use async_trait::async_trait;
use domain::ports::schema::{Schema, SchemaError};
use platform::Db;

/// Compares a database with the migrations.
pub struct History(pub Db);

#[async_trait]
impl Schema for History {
    async fn wrong_indexes(&self) -> Result<Vec<String>, SchemaError> {
        let wrong = migrations::wrong_indexes(self.0.connection()).await.map_err(|error| SchemaError { reason: error.to_string() })?;
        Ok(wrong.iter().map(ToString::to_string).collect())
    }
}
