//! Executions: one run of one agent, from the request to the result.
//!
//! [`submit`](Executions::submit) → job → [`begin`](Executions::begin) → sandbox → [`started`](Executions::started) →
//! [`finish`](Executions::finish); or [`put_off`](Executions::put_off) and begun anew. Each step is one transaction; `executions.attempt` is the
//! fencing token of the claim that may write. What is begun stays `queued` until its container runs the agent.

mod begin;
mod cancel;
mod containers;
mod error;
mod finish;
mod follow;
mod get;
mod list;
mod log_cut;
mod logbook;
mod logs;
mod prune;
mod put_off;
mod reconcile;
mod started;
mod submit;
mod verdict;

pub use begin::{Begun, Plan};
pub use containers::{ContainerRows, installation_id, prune_containers};
pub use entities::execution::{Model as Execution, State};
pub use entities::execution_log::{Model as LogEntry, Stream};
pub use error::ExecutionError;
pub use follow::Followed;
pub use list::ExecutionFilter;
pub use logbook::{LogBook, LogWriter};
pub use submit::{RunRequest, Submitted};
pub use verdict::OUR_FAILURES;

use crate::context::Domain;

/// The executions of the installation.
#[derive(Clone, Copy)]
pub struct Executions<'a> {
    pub(crate) domain: &'a Domain,
}
