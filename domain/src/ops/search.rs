//! Lists of jobs, newest first.

use entities::job;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::{JobFilter, JobSummary, Ops, OpsError, sqlite};
use crate::paging::{Page, PageRequest};

const LIST: &str = "ops jobs";

impl Ops<'_> {
    /// One page of the jobs that match, newest first.
    ///
    /// # Errors
    /// When the filter or the page token is wrong.
    pub async fn jobs(&self, filter: &JobFilter, page: &PageRequest) -> Result<Page<JobSummary>, OpsError> {
        filter.check()?;
        let rows_max = page.rows_max()?;
        let after: Option<entities::id::JobId> = page.after(LIST, filter)?;
        let db = self.domain.db();
        let hints = sqlite::hints(db, filter).await?;
        let rows = job::Entity::find()
            .select_only()
            .columns(JobSummary::COLUMNS)
            .filter(filter.condition(db.engine()).add(hints).add_option(after.map(|id| job::Column::Id.lt(id))))
            .order_by_desc(job::Column::Id)
            .limit(rows_max + 1)
            .into_model::<JobSummary>()
            .all(db.connection())
            .await?;
        Ok(page.page(LIST, filter, rows, |job| job.id)?)
    }
}
