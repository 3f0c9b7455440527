//! `void_expired_transfers`: what nobody decided in time never happened.

use domain::{Domain, ledger};
use jobs::kinds::VoidExpiredTransfers;
use jobs::{Outcome, Run};
use serde_json::json;

use crate::outcome::Handled;

/// Transfers of one transaction.
const BATCH: u64 = 500;

/// # Errors
/// When the database does not answer; what is voided by then stays voided.
pub async fn handle(domain: &Domain, _: VoidExpiredTransfers, run: &Run) -> Handled {
    let mut voided = 0;
    while !run.cancel().is_cancelled() {
        let some = ledger::void_expired(domain, BATCH).await?;
        voided += some;
        if some < BATCH {
            break;
        }
    }
    Ok(Outcome::Succeeded(json!({ "voided": voided })))
}
