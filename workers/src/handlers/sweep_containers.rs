//! `sweep_containers`: what a dead worker left on the engine goes away.

use domain::Domain;
use jobs::kinds::SweepContainers;
use jobs::{JobError, Outcome, Run};
use serde_json::json;

use crate::outcome::Handled;

/// # Errors
/// When the engine does not answer.
pub async fn handle(domain: &Domain, _: SweepContainers, _: &Run) -> Handled {
    let Some(sandbox) = &domain.ports().sandbox else {
        return Ok(Outcome::Failed(JobError::new(
            "no-sandbox",
            "this worker has no container engine; run the pool `containers` where there is one",
        )));
    };
    let removed = sandbox.sweep().await?;
    Ok(Outcome::Succeeded(json!({ "removed": removed })))
}
