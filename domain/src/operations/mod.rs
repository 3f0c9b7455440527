//! Operations: jobs as those see them who asked for them.

mod error;
mod get;
mod watch;

pub use entities::job::{Model as Job, State};
pub use error::OperationError;
pub use get::waits;
pub(crate) use get::{INFRASTRUCTURE, NOT_CARRIED_OUT};
pub use watch::Watcher;

use crate::Domain;

/// The operations of the installation.
#[derive(Clone, Copy)]
pub struct Operations<'a> {
    pub(crate) domain: &'a Domain,
}

impl Domain {
    /// Jobs as those see them who asked for them.
    #[must_use]
    pub fn operations(&self) -> Operations<'_> {
        Operations { domain: self }
    }
}
