//! `deliver_webhook`: one event to one endpoint.

use std::time::Instant;

use domain::Domain;
use domain::webhooks::{Next, Opened};
use jobs::kinds::DeliverWebhook;
use jobs::{Outcome, Run};

use crate::outcome::{AWAY, Handled};

/// Safe to repeat: what was delivered is not sent again, and what may have been goes out under the same id.
///
/// # Errors
/// When the database does not answer.
pub async fn handle(domain: &Domain, job: DeliverWebhook, run: &Run) -> Handled {
    let Some(http) = domain.ports().http_out.as_deref() else {
        return Ok(Outcome::Snoozed { delay: AWAY, why: "this worker sends no requests".into() });
    };
    let outgoing = match domain.webhooks().open(job.delivery_id, run).await? {
        Opened::Send(outgoing) => *outgoing,
        Opened::Over(settled) => return Ok(settled.into()),
        Opened::Undeliverable(error) => {
            domain.webhooks().given_up(job.delivery_id, &error, run).await?;
            return Ok(Outcome::Settled);
        }
    };
    let began = Instant::now();
    let answer = tokio::select! {
        answer = http.send(outgoing.request.clone()) => answer,
        () = run.cancel().cancelled() => return Ok(Outcome::Cancelled),
    };
    match domain.webhooks().tried(outgoing, answer, began.elapsed(), run).await? {
        Next::Over => Ok(Outcome::Settled),
        Next::Later { delay, why } => Ok(Outcome::Snoozed { delay, why }),
    }
}
