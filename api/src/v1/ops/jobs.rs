//! Jobs: the list and its search, one job, a job made by hand, the end of an ended one. Operations on one path stand in one file.

use std::time::Duration;

use domain::Domain;
use domain::entities::id::JobId;
use domain::ops::{EnqueueRequest, JobFilter};
use domain::paging::PageRequest;
use poem::Request;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Any;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde_json::Value;

use super::filter::{PoolName, args};
use super::job::{Job, JobDetail, JobState};
use crate::auth::{Architect, Observer};
use crate::body::Body;
use crate::convention::{Accepted, IdempotencyKey, Operations, Prefer};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::{Id, PageSize, Time};

pub struct JobsApi {
    pub domain: Domain,
    pub operations: Operations,
}

/// One page of jobs, newest first.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct JobList {
    jobs: Vec<Job>,
    /// Absent on the last page.
    next_page_token: Option<String>,
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
impl JobsApi {
    /// Find jobs
    ///
    /// All conditions have to hold. Besides the parameters below, `args.<path>=<value>` finds jobs by a value inside their payload:
    /// `?args.execution_id=exe_0198…`. For observers `q` does not look into errors, whose texts they do not see; nor may they ask for `args`.
    #[oai(path = "/", method = "get", operation_id = "listJobs")]
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    async fn list(
        &self,
        observer: Observer,
        request: &Request,
        /// The exact kind, for example `run_agent`.
        kind: Query<Option<String>>,
        /// One state, or several.
        state: Query<Option<Vec<JobState>>>,
        /// The pool.
        pool: Query<Option<PoolName>>,
        /// An id, a part of a kind, or a part of an error's text.
        q: Query<Option<String>>,
        /// Not created before this.
        created_after: Query<Option<Time>>,
        /// Created before this.
        created_before: Query<Option<Time>>,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<JobList>, Problem> {
        let filter = JobFilter {
            kind: kind.0,
            states: state.0.unwrap_or_default().into_iter().map(Into::into).collect(),
            pool: pool.0.map(Into::into),
            text: q.0,
            content_hidden: !observer.sees_content,
            args: args(request),
            created_after: created_after.0.map(|time| time.0),
            created_before: created_before.0.map(|time| time.0),
        };
        let page = self.domain.ops().jobs(&filter, &PageRequest { size: page_size.0.map(i64::from), token: page_token.0 }).await?;
        Ok(Json(JobList {
            jobs: page.items.into_iter().map(|job| Job::of(job, observer.sees_content)).collect(),
            next_page_token: page.next_page_token,
        }))
    }

    /// One job
    ///
    /// With its attempts and, for architects, payload, result, progress, logs and what its errors say.
    #[oai(path = "/:id", method = "get", operation_id = "getJob")]
    async fn get(&self, observer: Observer, id: Path<Id<JobId>>) -> Result<Json<JobDetail>, Problem> {
        let detail = self.domain.ops().job(id.0.0).await?;
        Ok(Json(JobDetail::of(detail, observer.sees_content)))
    }

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

    /// Delete a job that has ended
    #[oai(path = "/:id", method = "delete", operation_id = "deleteJob")]
    async fn delete(&self, architect: Architect, id: Path<Id<JobId>>) -> Result<Deleted, Problem> {
        self.domain.ops().delete(&architect, id.0.0).await?;
        Ok(Deleted::Gone)
    }
}
