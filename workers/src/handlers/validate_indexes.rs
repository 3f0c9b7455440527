//! `validate_indexes`: an index that is missing or different is found before it is felt.

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
    let wrong = schema.wrong_indexes().await?;
    if wrong.is_empty() {
        return Ok(Outcome::Succeeded(json!({ "wrong": [] })));
    }
    let names = wrong.join(", ");
    Ok(Outcome::Failed(JobError::new("indexes-wrong", format!("{names}; run `tallyman migrate up`, or mend what was changed by hand"))))
}
