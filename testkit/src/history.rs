//! The schema's history behind its port, as the product wires it.

use async_trait::async_trait;
use domain::ports::schema::{Schema, SchemaError};
use platform::Db;

/// Compares a database with the migrations.
pub struct History(pub Db);

#[async_trait]
impl Schema for History {
    async fn missing_indexes(&self) -> Result<Vec<String>, SchemaError> {
        let missing = migrations::missing_indexes(self.0.connection()).await.map_err(|error| SchemaError { reason: error.to_string() })?;
        Ok(missing.into_iter().map(|index| format!("{} on {}", index.name, index.table)).collect())
    }
}
