//! One operation, for whoever may see it.

use entities::id::JobId;
use entities::job;
use sea_orm::EntityTrait as _;

use super::{Job, OperationError, Operations};
use crate::Caller;

impl Operations<'_> {
    /// The job, for the caller who asked for it and for those who run the house. Observers get it without its result, its progress and what
    /// its errors say; and what went wrong inside of the house is told to architects only.
    ///
    /// # Errors
    /// [`OperationError::Missing`], also when it is somebody else's.
    pub async fn get(&self, caller: &Caller, id: JobId) -> Result<Job, OperationError> {
        let found = job::Entity::find_by_id(id).one(self.domain.db.connection()).await?;
        let mut job = found.ok_or(OperationError::Missing { id })?;
        let is_mine = job.created_by.as_deref() == Some(caller.actor().as_str());
        if !is_mine && !caller.may_observe() {
            return Err(OperationError::Missing { id });
        }
        if !caller.is_architect() {
            if job.error_code.as_deref().is_some_and(tells_of_the_house) {
                (job.error_code, job.last_error) = (Some(INFRASTRUCTURE.into()), Some(NOT_CARRIED_OUT.into()));
            }
            if !is_mine {
                (job.result, job.progress, job.last_error) = (None, None, None);
            }
        }
        Ok(job)
    }
}

/// The code of what failed for a reason of ours, as those see it who do not run the house.
pub const INFRASTRUCTURE: &str = "infrastructure";

/// What is said then. Why it was, with the paths and addresses that stand in it, is in the job's row and in the log.
pub const NOT_CARRIED_OUT: &str = "it could not be carried out, for a reason of ours; an operator can see why and try it again";

fn tells_of_the_house(code: &str) -> bool {
    matches!(code, "internal" | "unavailable" | "handler-panicked")
}
