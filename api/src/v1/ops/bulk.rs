//! One thing done to every job that matches.

use domain::Domain;
use domain::ops::BulkRequest;
use jobs::kinds::{BulkAction, JobKind};
use poem_openapi::param::Query;
use poem_openapi::{Enum, Object, OpenApi};
use serde_json::json;

use super::filter::Filter;
use crate::auth::Architect;
use crate::body::Body;
use crate::convention::{Accepted, IdempotencyKey, Operations, Prefer};
use crate::problem::Problem;
use crate::v1::Tag;

pub struct BulkApi {
    pub domain: Domain,
    pub operations: Operations,
}

/// What to do to each job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum Action {
    /// Those that failed, were cancelled or quarantined, or wait for their next try.
    Retry,
    /// Those that wait or run.
    Cancel,
    /// Those that have ended.
    Delete,
}

impl From<Action> for BulkAction {
    fn from(action: Action) -> Self {
        match action {
            Action::Retry => Self::Retry,
            Action::Cancel => Self::Cancel,
            Action::Delete => Self::Delete,
        }
    }
}

/// One thing done to every job that matches.
#[derive(Debug, Object)]
struct Bulk {
    action: Action,
    filter: Filter,
    /// Count the jobs and leave them alone.
    #[oai(default)]
    dry_run: bool,
}

#[OpenApi(prefix_path = "/v1/ops/jobs", tag = "Tag::Ops")]
impl BulkApi {
    /// Retry, cancel or delete every job that matches
    ///
    /// A job of its own goes through them in batches; its `progress` and `result` say `{matched, done}`, each job counted once, however often
    /// the worker changed on the way. Jobs that are enqueued after this request are left alone. A dry run answers at once with `result: {matched}`.
    #[oai(path = "/bulk", method = "post", operation_id = "bulkJobs")]
    async fn bulk(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        #[oai(name = "Prefer")] prefer: Prefer,
        /// Check everything, do nothing: as a dry run.
        #[oai(default)]
        validate_only: Query<bool>,
        body: Body<Bulk>,
    ) -> Result<Accepted, Problem> {
        let claim = key.claim(&architect.caller, &body.document);
        let request = BulkRequest { action: body.value.action.into(), filter: body.value.filter.try_into()? };
        if body.value.dry_run || validate_only.0 {
            let matched = self.domain.ops().count_bulk(&request).await?;
            return Ok(Accepted::validated(JobKind::ApplyBulk.name(), self.domain.now()).result(json!({ "matched": matched })));
        }
        let job = self.domain.ops().bulk(&architect, &request, claim.as_ref()).await?;
        self.operations.accepted(&architect.caller, job, prefer).await
    }
}
