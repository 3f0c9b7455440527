//! `prune_rows`: retention, in small batches.

use domain::{Class, Domain, Fault};
use jobs::kinds::PruneRows;
use jobs::store::retention::prune_batch;
use jobs::{Outcome, Run};
use serde_json::json;

use super::Settings;
use crate::outcome::Handled;

/// # Errors
/// When the database does not answer; what is gone by then stays gone.
pub async fn handle(domain: &Domain, settings: &Settings, _: PruneRows, run: &Run) -> Handled {
    let (mut jobs, mut others) = (0, 0);
    while !run.cancel().is_cancelled() {
        let pruned = prune_batch(domain.db(), &settings.jobs).await.map_err(|source| Away { reason: source.to_string() })?;
        if pruned.jobs + pruned.others == 0 {
            break;
        }
        jobs += pruned.jobs;
        others += pruned.others;
        run.progress(json!({ "jobs": jobs, "others": others }));
    }
    Ok(Outcome::Succeeded(json!({ "jobs": jobs, "others": others })))
}

/// The database did not answer.
#[derive(Debug, thiserror::Error)]
#[error("rows could not be pruned: {reason}")]
struct Away {
    reason: String,
}

impl Fault for Away {
    fn class(&self) -> Class {
        Class::Unavailable
    }

    fn code(&self) -> &'static str {
        "unavailable"
    }
}
