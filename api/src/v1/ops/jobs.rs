//! The list of jobs and its search.

use domain::Domain;
use domain::ops::{ArgMatch, JobFilter};
use domain::paging::PageRequest;
use jobs::Pool;
use poem::Request;
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::job::{Job, JobState};
use crate::auth::Observer;
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::Time;

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
        /// The exact pool, for example `containers`.
        pool: Query<Option<String>>,
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
            pool: pool.0.as_deref().map(pool_named).transpose()?,
            text: q.0,
            args: args(request),
            created_after: created_after.0.map(|time| time.0),
            created_before: created_before.0.map(|time| time.0),
        };
        let page = self.domain.ops().jobs(&filter, &PageRequest { size: page_size.0.map(i64::from), token: page_token.0 }).await?;
        Ok(Json(JobList { jobs: page.items.into_iter().map(Into::into).collect(), next_page_token: page.next_page_token }))
    }
}

/// # Errors
/// 400 for a name that is none.
pub fn pool_named(name: &str) -> Result<Pool, Problem> {
    let known = || Pool::ALL.map(Pool::name).join(", ");
    Pool::named(name).ok_or_else(|| Problem::invalid_parameter("pool", format!("must be one of: {}", known())))
}

/// The parameters `args.<path>=<value>`, whose names no description can list.
fn args(request: &Request) -> Vec<ArgMatch> {
    let pairs: Vec<(String, String)> = request.params().unwrap_or_default();
    let path = |name: String| name.strip_prefix("args.").map(str::to_owned);
    pairs.into_iter().filter_map(|(name, value)| Some(ArgMatch { path: path(name)?, value })).collect()
}
