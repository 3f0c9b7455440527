//! `sweep_containers`: what a dead worker left on the engine goes away, and executions end whose job ended without its handler.

use domain::Domain;
use jobs::kinds::SweepContainers;
use jobs::{JobError, Outcome, Run};
use serde_json::json;

use crate::outcome::Handled;

/// Executions that are looked at in one go.
const EXECUTIONS_OF_BATCH: u32 = 500;

/// # Errors
/// When the engine or the database does not answer.
pub async fn handle(domain: &Domain, _: SweepContainers, run: &Run) -> Handled {
    // First what needs no engine.
    let mut ended = 0;
    while !run.cancel().is_cancelled() {
        let batch = domain.executions().reconcile(EXECUTIONS_OF_BATCH).await?;
        if batch == 0 {
            break;
        }
        ended += batch;
    }
    let Some(sandbox) = &domain.ports().sandbox else {
        return Ok(Outcome::Failed(JobError::new(
            "no-sandbox",
            "this worker has no container engine; run the pool `containers` where there is one",
        )));
    };
    let removed = sandbox.sweep().await?;
    Ok(Outcome::Succeeded(json!({ "removed": removed, "executions_ended": ended })))
}
