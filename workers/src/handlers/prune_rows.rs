//! `prune_rows`: retention, in small batches.

use domain::{Class, Domain, Fault, api_keys, devices, events, executions, idempotency, limits, mail, sign_in, webhooks};
use jobs::kinds::PruneRows;
use jobs::store::retention::prune_batch;
use jobs::{Outcome, Run};
use serde_json::json;

use super::Settings;
use crate::outcome::Handled;

/// Rows of one batch.
const BATCH: u32 = 500;

/// # Errors
/// When the database does not answer; what is gone by then stays gone.
pub async fn handle(domain: &Domain, settings: &Settings, _: PruneRows, run: &Run) -> Handled {
    let (mut jobs, mut others, mut small_passes) = (0, 0, 0);
    while !run.cancel().is_cancelled() {
        let away = |source: &dyn std::error::Error| Away { reason: source.to_string() };
        let queue = prune_batch(domain.db(), &settings.jobs).await.map_err(|source| away(&source))?;
        let mut rows = queue.others;
        rows += idempotency::prune(domain, BATCH).await?;
        rows += events::prune(domain, BATCH).await?;
        rows += mail::prune(domain, BATCH).await?;
        rows += webhooks::prune(domain, BATCH).await?;
        rows += limits::prune(domain, BATCH).await?;
        rows += sign_in::prune(domain, BATCH).await?;
        rows += api_keys::prune(domain, BATCH).await?;
        rows += devices::prune(domain, BATCH).await?;
        rows += executions::prune_containers(domain.db(), BATCH).await?;
        rows += domain.executions().prune(BATCH).await?;
        rows += domain.ops().prune_audit(BATCH).await?;
        rows += domain.accounts().prune_login_links(BATCH).await?;
        jobs += queue.jobs;
        others += rows;
        run.progress(json!({ "jobs": jobs, "others": others }));
        // Rows grow old all the time. A second pass that fills no batch is the end: it finds what the first one set free, and the rest can wait.
        small_passes = if queue.jobs + rows < u64::from(BATCH) { small_passes + 1 } else { 0 };
        if queue.jobs + rows == 0 || small_passes == 2 {
            break;
        }
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
