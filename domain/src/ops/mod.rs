//! The house as those see it who run it: every job of everybody, pools, workers, schedules. Whatever they change leaves a line in the
//! audit log, in the same transaction.

mod audit;
mod error;
mod filter;
mod pools;
mod search;

pub use audit::Actor;
pub use error::OpsError;
pub use filter::{ArgMatch, JobFilter};
pub use pools::{Heartbeat, PoolView};

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
