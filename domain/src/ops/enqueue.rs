//! A job made by hand.

use std::time::Duration;

use ::jobs::kinds::JobKind;
use entities::id::JobId;
use serde_json::{Value, json};

use super::jobs::resource;
use super::once::Done;
use super::{Actor, Ops, OpsError};
use crate::idempotency::{Claim, Once};

/// What an operator wants to be done.
#[derive(Debug, Clone)]
pub struct EnqueueRequest {
    pub kind: String,
    pub payload: Value,
    /// 0 … 9; absent: as the kind's policy says.
    pub priority: Option<i16>,
    /// How long it may not start yet.
    pub delay: Duration,
}

impl Ops<'_> {
    /// Check everything that [`enqueue`](Self::enqueue) checks, and do nothing. Answers the kind.
    ///
    /// # Errors
    /// As `enqueue`.
    pub fn check(&self, request: &EnqueueRequest) -> Result<JobKind, OpsError> {
        let known = || JobKind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
        let kind = JobKind::named(&request.kind).ok_or_else(|| OpsError::field("/kind", format!("must be one of: {}", known())))?;
        kind.check(&request.payload).map_err(|_| wrong_payload(kind))?;
        match request.priority {
            Some(given) if !(0..=9).contains(&given) => Err(OpsError::field("/priority", "must be between 0 and 9")),
            _ => Ok(kind),
        }
    }

    /// Put a job of any kind into the queue. When its unique key is taken, the answer is the job that has it.
    ///
    /// # Errors
    /// [`OpsError::Fields`] when there is no such kind or the payload is not one of it.
    pub async fn enqueue(&self, actor: &Actor, request: EnqueueRequest, claim: Option<&Claim>) -> Result<Once<JobId>, OpsError> {
        let kind = self.check(&request)?;
        self.once(actor, "enqueue_job", claim, async |txn| {
            let mut job = kind.job(&request.payload).map_err(|_| wrong_payload(kind))?.created_by(actor.name()).delayed(request.delay);
            job.priority = request.priority.unwrap_or(job.priority);
            let (enqueued, wake) = self.domain.queue().enqueue_all(txn, vec![job]).await?;
            let id = enqueued[0].id;
            let said = json!({ "kind": kind.name(), "existed": enqueued[0].existed });
            Ok(Done::new(id, resource(id)).detail(said).enqueued(wake))
        })
        .await
    }
}

/// In words for people: the parser's own speak of its types.
fn wrong_payload(kind: JobKind) -> OpsError {
    let detail = match kind.fields() {
        Some(fields) => format!("is no payload of `{kind}`, whose fields are {fields}, and no others"),
        None => format!("is no payload of `{kind}`, which has no fields: send {{}}"),
    };
    OpsError::field("/payload", detail)
}
