//! One operation, for whoever may see it.

use entities::id::JobId;
use entities::{execution, job};
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use super::{Job, OperationError, Operations, State};
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
        // What the job itself says is the whole of it, and for architects only.
        if waits(&job) && !caller.is_architect() {
            job.last_error = Some(self.of_its_run(id).await?.unwrap_or_else(|| IN_THE_WAY.to_owned()));
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

    /// What the run waits for that the job carries out.
    async fn of_its_run(&self, id: JobId) -> Result<Option<String>, DbErr> {
        let said = execution::Entity::find().select_only().column(execution::Column::WaitingFor);
        let said = said.filter(execution::Column::JobId.eq(id)).into_tuple::<Option<String>>();
        Ok(said.one(self.domain.db.connection()).await?.flatten())
    }
}

/// Whether the job was put off; its error then says what it waits for.
#[must_use]
pub fn waits(job: &Job) -> bool {
    job.state == State::Queued && job.error_code.is_none() && job.last_error.is_some()
}

/// What is said to those who do not run the house about a job that was put off.
const IN_THE_WAY: &str = "something that it needs does not answer now; it is tried again by itself";

/// The code of what failed for a reason of ours, as those see it who do not run the house.
pub const INFRASTRUCTURE: &str = "infrastructure";

/// What is said then. Why it was, with the paths and addresses that stand in it, is in the job's row and in the log.
pub const NOT_CARRIED_OUT: &str = "it could not be carried out, for a reason of ours; an operator can see why and try it again";

fn tells_of_the_house(code: &str) -> bool {
    matches!(code, "internal" | "unavailable" | "handler-panicked")
}
