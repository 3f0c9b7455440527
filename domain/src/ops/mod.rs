//! The house as those see it who run it: every job of everybody, pools, workers, schedules. Whatever they change leaves a line in the
//! audit log, in the same transaction.

pub(crate) mod audit;
mod bulk;
mod counts;
mod deposits;
mod detail;
mod enqueue;
mod error;
mod filter;
mod jobs;
mod keys;
mod once;
mod pools;
mod profiles;
mod schedules;
mod search;
mod sqlite;
mod summary;
mod users;
mod workers;

pub use audit::Actor;
pub use bulk::{BulkReport, BulkRequest};
pub use counts::Counted;
pub use detail::JobDetail;
pub use enqueue::EnqueueRequest;
pub use error::OpsError;
pub use filter::{ArgMatch, JobFilter};
pub use pools::{HEARTBEAT_AGE_MAX, Heartbeat, PoolView};
pub use schedules::ScheduleView;
pub use summary::JobSummary;
pub use workers::WorkerView;

use crate::Domain;

/// What operators see and do.
#[derive(Clone, Copy)]
pub struct Ops<'a> {
    pub(crate) domain: &'a Domain,
}

impl Domain {
    /// The house as its operators see it.
    #[must_use]
    pub fn ops(&self) -> Ops<'_> {
        Ops { domain: self }
    }
}
