//! `post_intents`: agents pay what they have signed.

use domain::Domain;
use domain::intents::Posting;
use jobs::kinds::PostIntents;
use jobs::{Outcome, Run};
use serde_json::json;

use crate::outcome::Handled;

/// # Errors
/// When the database does not answer; what has ended by then stays so.
pub async fn handle(domain: &Domain, job: PostIntents, run: &Run) -> Handled {
    let mut done = Posting::default();
    loop {
        if run.cancel().is_cancelled() {
            return Ok(Outcome::Cancelled);
        }
        if run.drain().is_cancelled() {
            return Ok(Outcome::Released);
        }
        let some = domain.intents().post(job.batch_id).await?;
        done = Posting { settled: done.settled + some.settled, failed: done.failed + some.failed, ..some };
        let said = json!({ "settled": done.settled, "failed": done.failed });
        if !some.had_pending {
            return Ok(Outcome::Succeeded(said));
        }
        run.progress(said);
    }
}
