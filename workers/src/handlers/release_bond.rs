//! `release_bond`: an agent has its bond back.

use domain::Domain;
use jobs::kinds::ReleaseBond;
use jobs::{Outcome, Run};

use crate::outcome::Handled;

/// # Errors
/// When the database does not answer.
pub async fn handle(domain: &Domain, job: ReleaseBond, run: &Run) -> Handled {
    domain.payments().release_bond(&job, run).await?;
    Ok(Outcome::Settled)
}
