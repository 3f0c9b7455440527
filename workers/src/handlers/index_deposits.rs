//! `index_deposits`: what arrived on chain is booked.

use std::time::Duration;

use domain::Domain;
use jobs::kinds::IndexDeposits;
use jobs::{Outcome, Run};
use serde_json::json;

use crate::outcome::Handled;

/// # Errors
/// When the node or the database does not answer; what is booked by then stays booked.
pub async fn handle(domain: &Domain, _: IndexDeposits, _: &Run) -> Handled {
    if domain.ports().chain.is_none() {
        return Ok(Outcome::Succeeded(json!({ "skipped": "no Solana cluster is configured" })));
    }
    let done = domain.deposits().index().await?;
    if done.is_behind {
        return Ok(Outcome::Snoozed { delay: Duration::ZERO, why: "there is more of the history to read".into() });
    }
    Ok(Outcome::Succeeded(json!({ "transactions": done.transactions, "deposits": done.deposits, "attributed": done.attributed })))
}
