//! Compiled schemas by agent and version. A version never changes, so nothing here grows stale.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use entities::agent_version;
use entities::id::AgentId;

use super::{JsonSchema, SchemaError};

/// Versions whose schemas are kept; the cache begins anew when it is full.
const VERSIONS_MAX: usize = 512;

/// What one version of an agent takes and answers.
#[derive(Debug)]
pub struct Schemas {
    pub input: JsonSchema,
    pub output: JsonSchema,
}

type Versions = HashMap<(AgentId, i32), Arc<Schemas>>;

/// Schemas that this process has compiled.
#[derive(Debug, Clone, Default)]
pub struct SchemaCache(Arc<Mutex<Versions>>);

impl SchemaCache {
    /// The compiled schemas of a version. Compiles away from the async threads.
    ///
    /// # Errors
    /// When a stored schema does not compile any more, which only a change of the bounds can bring about.
    pub async fn of(&self, version: &agent_version::Model) -> Result<Arc<Schemas>, SchemaError> {
        let key = (version.agent_id, version.version);
        if let Some(schemas) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(schemas));
        }
        let (input, output) = (version.input_schema.clone(), version.output_schema.clone());
        let schemas =
            Arc::new(compute(move || Ok(Schemas { input: JsonSchema::compile(&input)?, output: JsonSchema::compile(&output)? })).await?);
        let mut versions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if versions.len() >= VERSIONS_MAX {
            versions.clear();
        }
        versions.insert(key, Arc::clone(&schemas));
        Ok(schemas)
    }
}

/// Work of a processor, done where it keeps no other request waiting.
///
/// # Panics
/// When the work does.
pub async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
