//! `seal_batches`: what waits gets its place.

use domain::Domain;
use jobs::kinds::SealBatches;
use jobs::{Outcome, Run};
use serde_json::json;

use crate::outcome::Handled;

/// Safe to repeat: it takes what it finds.
///
/// # Errors
/// When the database does not answer.
pub async fn handle(domain: &Domain, _: SealBatches, _: &Run) -> Handled {
    let sealed = domain.settlements().seal().await?;
    let resumed = domain.settlements().resume().await?;
    Ok(Outcome::Succeeded(json!({ "payouts": sealed, "resumed": resumed })))
}
