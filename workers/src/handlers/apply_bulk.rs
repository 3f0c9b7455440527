//! `apply_bulk`: one thing done to every job that matches, a few hundred at a time.

use domain::Domain;
use jobs::kinds::ApplyBulk;
use jobs::{Outcome, Run};
use serde_json::json;

use crate::outcome::Handled;

/// # Errors
/// When the filter is none, or the database does not answer; what is done by then stays done.
pub async fn handle(domain: &Domain, job: ApplyBulk, run: &Run) -> Handled {
    Ok(match domain.ops().apply_bulk(&job, run).await? {
        Some(report) => Outcome::Succeeded(json!(report)),
        None if run.cancel().is_cancelled() => Outcome::Cancelled,
        None => Outcome::Released,
    })
}
