//! Which jobs are meant: the parameters of the list, and the filter of bulk actions.

use std::collections::HashMap;

use domain::ops::{ArgMatch, JobFilter};
use jobs::Pool;
use poem::Request;
use poem_openapi::types::Any;
use poem_openapi::{Enum, Object};
use serde_json::Value;

use super::job::JobState;
use crate::problem::Problem;
use crate::wire::Time;

/// A set of workers that take the same kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum PoolName {
    Containers,
    Settlement,
    Keys,
    Vaults,
    Embeddings,
    Simulation,
    Indexer,
    Notify,
    Tools,
    Upkeep,
}

impl From<PoolName> for Pool {
    fn from(name: PoolName) -> Self {
        match name {
            PoolName::Containers => Self::Containers,
            PoolName::Settlement => Self::Settlement,
            PoolName::Keys => Self::Keys,
            PoolName::Vaults => Self::Vaults,
            PoolName::Embeddings => Self::Embeddings,
            PoolName::Simulation => Self::Simulation,
            PoolName::Indexer => Self::Indexer,
            PoolName::Notify => Self::Notify,
            PoolName::Tools => Self::Tools,
            PoolName::Upkeep => Self::Upkeep,
        }
    }
}

impl From<Pool> for PoolName {
    fn from(pool: Pool) -> Self {
        match pool {
            Pool::Containers => Self::Containers,
            Pool::Settlement => Self::Settlement,
            Pool::Keys => Self::Keys,
            Pool::Vaults => Self::Vaults,
            Pool::Embeddings => Self::Embeddings,
            Pool::Simulation => Self::Simulation,
            Pool::Indexer => Self::Indexer,
            Pool::Notify => Self::Notify,
            Pool::Tools => Self::Tools,
            Pool::Upkeep => Self::Upkeep,
        }
    }
}

/// Which jobs are meant; all conditions have to hold, and an empty filter means all jobs.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Filter {
    /// The exact kind, for example `run_agent`.
    pub kind: Option<String>,
    pub state: Option<JobState>,
    /// Any of these; beside `state`, that one has to be among them.
    #[oai(validator(min_items = 1))]
    pub states: Option<Vec<JobState>>,
    pub pool: Option<PoolName>,
    /// An id, a part of a kind, or a part of an error's text.
    pub q: Option<String>,
    /// Values inside the payload, by path: `{"execution_id": "exe_0198…"}`.
    pub args: Option<HashMap<String, Any<Value>>>,
    /// Not created before this.
    pub created_after: Option<Time>,
    /// Created before this.
    pub created_before: Option<Time>,
}

impl TryFrom<Filter> for JobFilter {
    type Error = Problem;

    /// # Errors
    /// 400 when `state` and `states` have nothing in common: no job is ever meant, and a filter without states would mean all of them.
    fn try_from(filter: Filter) -> Result<Self, Problem> {
        let states = match (filter.state, filter.states.unwrap_or_default()) {
            (Some(state), states) if states.is_empty() || states.contains(&state) => vec![state],
            (Some(_), _) => return Err(Problem::invalid_parameter("/filter/state", "no job can match: it is not one of `states`")),
            (None, states) => states,
        };
        let arg = |(path, value): (String, Any<Value>)| {
            let value = value.0.as_str().map_or_else(|| value.0.to_string(), str::to_owned);
            ArgMatch { path, value }
        };
        let mut args: Vec<ArgMatch> = filter.args.unwrap_or_default().into_iter().map(arg).collect();
        args.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self {
            kind: filter.kind,
            states: states.into_iter().map(Into::into).collect(),
            pool: filter.pool.map(Into::into),
            text: filter.q,
            content_hidden: false,
            args,
            created_after: filter.created_after.map(|time| time.0),
            created_before: filter.created_before.map(|time| time.0),
        })
    }
}

/// A pool by the name in a path.
///
/// # Errors
/// 404 for a name that is none.
pub fn pool_in_path(name: &str) -> Result<Pool, Problem> {
    Pool::named(name).ok_or_else(|| Problem::not_found(format!("there is no pool `{name}`")))
}

/// The parameters `args.<path>=<value>`, whose names no description can list.
pub fn args(request: &Request) -> Vec<ArgMatch> {
    let pairs: Vec<(String, String)> = request.params().unwrap_or_default();
    let path = |name: String| name.strip_prefix("args.").map(str::to_owned);
    pairs.into_iter().filter_map(|(name, value)| Some(ArgMatch { path: path(name)?, value })).collect()
}
