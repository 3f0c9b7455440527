//! `reconcile_executions`: an execution whose job ended without its handler (cancelled, quarantined, failed for the last time) ends like it.

use domain::Domain;
use jobs::kinds::ReconcileExecutions;
use jobs::{Outcome, Run};
use serde_json::json;

use crate::outcome::Handled;

/// Executions that are looked at in one go.
const BATCH: u32 = 500;

/// # Errors
/// When the database does not answer; what has ended by then stays ended.
pub async fn handle(domain: &Domain, _: ReconcileExecutions, run: &Run) -> Handled {
    let mut ended = 0;
    while !run.cancel().is_cancelled() && !run.drain().is_cancelled() {
        let batch = domain.executions().reconcile(BATCH).await?;
        if batch == 0 {
            break;
        }
        ended += batch;
    }
    Ok(Outcome::Succeeded(json!({ "ended": ended })))
}
