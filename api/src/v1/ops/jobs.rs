//! The list of jobs and its search.

use domain::Domain;
use domain::entities::id::JobId;
use domain::ops::JobFilter;
use domain::paging::PageRequest;
use poem::Request;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::filter::{PoolName, args};
use super::job::{Job, JobDetail, JobState};
use crate::auth::Observer;
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::{Id, Time};

pub struct JobsApi {
    pub domain: Domain,
}

/// One page of jobs, newest first.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct JobList {
    jobs: Vec<Job>,
    /// Absent on the last page.
    next_page_token: Option<String>,
}

#[OpenApi(prefix_path = "/v1/ops", tag = "Tag::Ops")]
impl JobsApi {
    /// Find jobs
    ///
    /// All conditions have to hold. Besides the parameters below, `args.<path>=<value>` finds jobs by a value inside their payload:
    /// `?args.execution_id=exe_0198…`.
    #[oai(path = "/jobs", method = "get", operation_id = "listJobs")]
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    async fn list(
        &self,
        _observer: Observer,
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
        page_size: Query<Option<i32>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<JobList>, Problem> {
        let filter = JobFilter {
            kind: kind.0,
            states: state.0.unwrap_or_default().into_iter().map(Into::into).collect(),
            pool: pool.0.map(Into::into),
            text: q.0,
            args: args(request),
            created_after: created_after.0.map(|time| time.0),
            created_before: created_before.0.map(|time| time.0),
        };
        let page = self.domain.ops().jobs(&filter, &PageRequest { size: page_size.0.map(i64::from), token: page_token.0 }).await?;
        Ok(Json(JobList { jobs: page.items.into_iter().map(Into::into).collect(), next_page_token: page.next_page_token }))
    }

    /// One job
    ///
    /// With its attempts and, for architects, payload, result, progress and logs.
    #[oai(path = "/jobs/:id", method = "get", operation_id = "getJob")]
    async fn get(&self, observer: Observer, id: Path<Id<JobId>>) -> Result<Json<JobDetail>, Problem> {
        let detail = self.domain.ops().job(id.0.0).await?;
        Ok(Json(JobDetail::of(detail, observer.sees_content)))
    }
}
