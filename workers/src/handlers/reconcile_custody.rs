//! `reconcile_custody`: chain and books are compared.

use domain::Domain;
use jobs::kinds::ReconcileCustody;
use jobs::{Outcome, Run};
use serde_json::json;

use crate::outcome::Handled;

/// # Errors
/// When the node or the database does not answer; what was known stays.
pub async fn handle(domain: &Domain, _: ReconcileCustody, _: &Run) -> Handled {
    if domain.ports().chain.is_none() {
        return Ok(Outcome::Succeeded(json!({ "skipped": "no Solana cluster is configured" })));
    }
    let found = domain.reconciliation().check_all().await?;
    let stopped: Vec<_> = found.iter().filter(|check| check.stopped).map(|check| check.mint).collect();
    Ok(Outcome::Succeeded(json!({ "mints": found.len(), "stopped": stopped })))
}
