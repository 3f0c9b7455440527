//! What an architect does to one job.

use domain::Domain;
use domain::entities::id::JobId;
use domain::idempotency::Once;
use poem_openapi::OpenApi;
use poem_openapi::param::Path;
use serde_json::Value;

use super::job::JobDetail;
use crate::auth::Architect;
use crate::convention::{Acted, IdempotencyKey};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::Id;

pub struct ActApi {
    pub domain: Domain,
}

#[OpenApi(prefix_path = "/v1/ops/jobs", tag = "Tag::Ops")]
impl ActApi {
    /// Retry a job
    ///
    /// One that failed, was cancelled or quarantined starts anew with all its tries; one that waits for its next try starts now. A run that was
    /// cancelled is not run again.
    #[oai(path = "/:id/retry", method = "post", operation_id = "retryJob")]
    async fn retry(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        id: Path<Id<JobId>>,
    ) -> Result<Acted<JobDetail>, Problem> {
        let claim = key.claim(&architect.caller, &Value::Null);
        let job = self.domain.ops().retry(&architect, id.0.0, claim.as_ref()).await?;
        self.detail(job).await
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
    ) -> Result<Acted<JobDetail>, Problem> {
        let claim = key.claim(&architect.caller, &Value::Null);
        let job = self.domain.ops().cancel(&architect, id.0.0, claim.as_ref()).await?;
        self.detail(job).await
    }
}

impl ActApi {
    async fn detail(&self, job: Once<JobId>) -> Result<Acted<JobDetail>, Problem> {
        let replayed = job.is_replay();
        let detail = self.domain.ops().job(job.into_inner()).await?;
        Ok(Acted::on(JobDetail::of(detail, true)).replayed(replayed))
    }
}
