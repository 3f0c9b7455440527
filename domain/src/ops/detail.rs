//! Everything about one job.

use entities::id::JobId;
use entities::{job, job_attempt};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use super::{Ops, OpsError};

/// A job with its attempts, the latest first.
#[derive(Debug, Clone)]
pub struct JobDetail {
    pub job: job::Model,
    pub attempts: Vec<job_attempt::Model>,
}

impl Ops<'_> {
    /// One job with its attempts and their logs.
    ///
    /// # Errors
    /// [`OpsError::Missing`].
    pub async fn job(&self, id: JobId) -> Result<JobDetail, OpsError> {
        let db = self.domain.db().connection();
        let job = job::Entity::find_by_id(id).one(db).await?.ok_or_else(|| missing(id))?;
        let of_it = job_attempt::Entity::find().filter(job_attempt::Column::JobId.eq(id));
        let attempts = of_it.order_by_desc(job_attempt::Column::Attempt).all(db).await?;
        Ok(JobDetail { job, attempts })
    }
}

pub(super) fn missing(id: JobId) -> OpsError {
    OpsError::Missing { noun: "job", name: id.to_string() }
}
