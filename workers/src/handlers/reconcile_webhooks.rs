//! `reconcile_webhooks`: a delivery whose job ended without its handler ends too, and an endpoint that falls ever further behind is disabled.

use domain::Domain;
use jobs::kinds::ReconcileWebhooks;
use jobs::{Outcome, Run};
use serde_json::json;

use crate::outcome::Handled;

/// Deliveries that are looked at in one go.
const BATCH: u32 = 500;

/// # Errors
/// When the database does not answer; what has ended by then stays ended.
pub async fn handle(domain: &Domain, _: ReconcileWebhooks, run: &Run) -> Handled {
    let (mut ended, mut last) = (0, None);
    while !run.cancel().is_cancelled() && !run.drain().is_cancelled() {
        let some = domain.webhooks().reconcile(last, BATCH).await?;
        ended += some.ended;
        last = some.last;
        if last.is_none() {
            break;
        }
    }
    let disabled = domain.webhooks().disable_those_behind().await?;
    Ok(Outcome::Succeeded(json!({ "ended": ended, "disabled": disabled })))
}
