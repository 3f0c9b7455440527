//! `verify_deposit`: one transaction is looked at, and waited for until it is final.

use std::time::Duration;

use domain::Domain;
use domain::deposits::Verified;
use jobs::kinds::VerifyDeposit;
use jobs::{Outcome, Run};
use serde_json::json;

use crate::outcome::Handled;

/// A transaction is final some twelve seconds after it landed.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// # Errors
/// When the node or the database does not answer, or the transaction is no deposit.
pub async fn handle(domain: &Domain, job: VerifyDeposit, run: &Run) -> Handled {
    match domain.deposits().verify(job.signature, job.profile_id, run.job_id()).await? {
        Verified::NotFinal => Ok(Outcome::Snoozed { delay: LOOK_AGAIN, why: "the transaction is not final yet".into() }),
        Verified::Booked { credited, unattributed } => {
            let deposits: Vec<_> = credited.iter().map(|row| json!({ "id": row.id, "amount": row.amount, "mint": row.mint })).collect();
            Ok(Outcome::Succeeded(json!({ "tx_hash": job.signature, "deposits": deposits, "unattributed": unattributed })))
        }
    }
}
