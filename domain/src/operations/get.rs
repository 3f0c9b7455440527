//! One operation, for whoever may see it.

use entities::id::JobId;
use entities::job;
use sea_orm::EntityTrait as _;

use super::{Job, OperationError, Operations};
use crate::Caller;

impl Operations<'_> {
    /// The job, for the caller who asked for it and for those who run the house. Observers get it without its result and progress.
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
        if !is_mine && !caller.is_architect() {
            (job.result, job.progress) = (None, None);
        }
        Ok(job)
    }
}
