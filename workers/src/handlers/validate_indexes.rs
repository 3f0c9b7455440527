//! `validate_indexes`: a missing index is found before its absence is felt.

use domain::Domain;
use jobs::kinds::ValidateIndexes;
use jobs::{JobError, Outcome, Run};
use serde_json::json;

use crate::outcome::Handled;

/// # Errors
/// When the database does not answer.
pub async fn handle(domain: &Domain, _: ValidateIndexes, _: &Run) -> Handled {
    let Some(schema) = &domain.ports().schema else {
        return Ok(Outcome::Failed(JobError::new("no-schema", "this worker does not know the schema's history")));
    };
    let missing = schema.missing_indexes().await?;
    if missing.is_empty() {
        return Ok(Outcome::Succeeded(json!({ "missing": [] })));
    }
    let names = missing.join(", ");
    Ok(Outcome::Failed(JobError::new("indexes-missing", format!("{names}: run `tallyman migrate up`, or create what was dropped by hand"))))
}
