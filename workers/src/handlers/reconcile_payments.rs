//! `reconcile_payments`: what nobody is at any more is gone on with.

use domain::Domain;
use jobs::kinds::ReconcilePayments;
use jobs::{Outcome, Run};
use serde_json::json;

use crate::outcome::Handled;

/// # Errors
/// When the database does not answer.
pub async fn handle(domain: &Domain, _: ReconcilePayments, _: &Run) -> Handled {
    let found = domain.payments().reconcile().await?;
    Ok(Outcome::Succeeded(json!({ "found": found })))
}
