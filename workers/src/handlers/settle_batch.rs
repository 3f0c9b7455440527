//! `settle_batch`: one transaction that pays many payouts.

use std::time::Duration;

use domain::settlements::Progress;
use domain::{Class, Domain, Fault as _};
use jobs::kinds::SettleBatch;
use jobs::{Outcome, Run};
use serde_json::json;

use crate::outcome::{AWAY, Handled};

/// Safe to repeat: what was signed is looked for before anything else is signed, and the chain refuses a second payment.
///
/// # Errors
/// When something is wrong with us. What the cluster refuses is tried again for as long as it takes: the money of vendors is on its way.
pub async fn handle(domain: &Domain, job: SettleBatch, run: &Run) -> Handled {
    loop {
        match domain.settlements().settle(job.batch_id).await {
            Ok(Progress::Over { paid }) => return Ok(Outcome::Succeeded(json!({ "batch_id": job.batch_id, "paid": paid }))),
            Ok(Progress::Later { delay, why }) if delay > Duration::ZERO => return Ok(Outcome::Snoozed { delay, why }),
            Ok(Progress::Later { .. }) if run.cancel().is_cancelled() => return Ok(Outcome::Cancelled),
            Ok(Progress::Later { .. }) => {}
            Err(error) if error.class() == Class::Bug => return Err(error.into()),
            Err(error) => return Ok(Outcome::Snoozed { delay: AWAY, why: error.to_string() }),
        }
    }
}
