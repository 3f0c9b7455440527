//! What an architect does to one job.

use std::time::Duration;

use domain::Domain;
use domain::entities::id::JobId;
use domain::ops::EnqueueRequest;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Any;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde_json::Value;

use super::job::JobDetail;
use crate::auth::Architect;
use crate::body::Body;
use crate::convention::{Accepted, IdempotencyKey, Operations, Prefer};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::Id;

pub struct ActApi {
    pub domain: Domain,
    pub operations: Operations,
}

/// A job made by hand.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct NewJob {
    /// For example `prune_rows`.
    kind: String,
    /// As the kind wants it.
    payload: Any<Value>,
    /// 0 … 9; absent: as the kind's policy says.
    priority: Option<i16>,
    /// How long it may not start yet.
    #[oai(validator(maximum(value = "31536000")))]
    delay_seconds: Option<u32>,
}

#[derive(ApiResponse)]
enum Deleted {
    /// It is gone, with its attempts and logs.
    #[oai(status = 204)]
    Gone,
}

#[OpenApi(prefix_path = "/v1/ops/jobs", tag = "Tag::Ops")]
impl ActApi {
    /// Enqueue a job
    ///
    /// Of any kind, with a payload that is checked against it. When its unique key is taken, the answer is the job that has it.
    #[oai(path = "/", method = "post", operation_id = "enqueueJob")]
    async fn enqueue(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        #[oai(name = "Prefer")] prefer: Prefer,
        /// Check everything, do nothing.
        #[oai(default)]
        validate_only: Query<bool>,
        body: Body<NewJob>,
    ) -> Result<Accepted, Problem> {
        let claim = key.claim(&architect.caller, &body.document);
        let NewJob { kind, payload, priority, delay_seconds } = body.value;
        let delay = Duration::from_secs(delay_seconds.unwrap_or(0).into());
        let request = EnqueueRequest { kind, payload: payload.0, priority, delay };
        if validate_only.0 {
            let kind = self.domain.ops().check(&request)?;
            return Ok(Accepted::validated(kind.name(), self.domain.now()));
        }
        let job = self.domain.ops().enqueue(&architect, request, claim.as_ref()).await?;
        self.operations.accepted(&architect.caller, job, prefer).await
    }

    /// Retry a job
    ///
    /// One that failed, was cancelled or quarantined starts anew with all its tries; one that waits for its next try starts now.
    #[oai(path = "/:id/retry", method = "post", operation_id = "retryJob")]
    async fn retry(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        id: Path<Id<JobId>>,
    ) -> Result<Json<JobDetail>, Problem> {
        let claim = key.claim(&architect.caller, &Value::Null);
        let job = self.domain.ops().retry(&architect, id.0.0, claim.as_ref()).await?;
        self.detail(job.into_inner()).await
    }

    /// Cancel a job
    ///
    /// A waiting one ends at once, a running one soon.
    #[oai(path = "/:id/cancel", method = "post", operation_id = "cancelJob")]
    async fn cancel(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        id: Path<Id<JobId>>,
    ) -> Result<Json<JobDetail>, Problem> {
        let claim = key.claim(&architect.caller, &Value::Null);
        let job = self.domain.ops().cancel(&architect, id.0.0, claim.as_ref()).await?;
        self.detail(job.into_inner()).await
    }

    /// Delete a job that has ended
    #[oai(path = "/:id", method = "delete", operation_id = "deleteJob")]
    async fn delete(&self, architect: Architect, id: Path<Id<JobId>>) -> Result<Deleted, Problem> {
        self.domain.ops().delete(&architect, id.0.0).await?;
        Ok(Deleted::Gone)
    }
}

impl ActApi {
    async fn detail(&self, id: JobId) -> Result<Json<JobDetail>, Problem> {
        Ok(Json(JobDetail::of(self.domain.ops().job(id).await?, true)))
    }
}
