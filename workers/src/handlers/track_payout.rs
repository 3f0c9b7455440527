//! `track_payout`: the operation of a payout.

use std::time::Duration;

use domain::Domain;
use domain::settlements::PayoutState;
use jobs::kinds::TrackPayout;
use jobs::{JobError, Outcome, Run};
use serde_json::json;

use crate::outcome::Handled;

const LOOK_MIN: Duration = Duration::from_secs(1);
const LOOK_MAX: Duration = Duration::from_mins(1);

/// Safe to repeat: it changes nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn handle(domain: &Domain, job: TrackPayout, _: &Run) -> Handled {
    let Some(payout) = domain.settlements().find(job.payout_id).await? else {
        return Ok(Outcome::Failed(JobError::new("not-found", format!("there is no payout {}", job.payout_id))));
    };
    Ok(match payout.state {
        PayoutState::Confirmed => Outcome::Succeeded(json!({ "payout_id": payout.id, "state": "confirmed", "tx_hash": payout.signature })),
        PayoutState::Returned => Outcome::Failed(JobError::new("payout-returned", payout.failure.unwrap_or_default())),
        PayoutState::Pending | PayoutState::Batched | PayoutState::Submitted => {
            // The older it is, the less often somebody looks.
            let delay = (domain.now().since(payout.created_at) / 4).clamp(LOOK_MIN, LOOK_MAX);
            Outcome::Snoozed { delay, why: format!("the payout is {}", payout.state.name()) }
        }
    })
}
