//! One execution.

use entities::execution;
use entities::id::ExecutionId;
use sea_orm::sea_query::Expr;
use sea_orm::{ConnectionTrait as _, EntityTrait as _, FromQueryResult as _, QuerySelect as _, QueryTrait as _};

use super::reconcile::JOB_IS_OVER;
use super::{Execution, ExecutionError, Executions};
use crate::accounts::Caller;

impl Executions<'_> {
    /// # Errors
    /// [`ExecutionError::Missing`] when there is none, or it is somebody else's and the caller is no architect.
    pub async fn get(&self, caller: &Caller, id: ExecutionId) -> Result<Execution, ExecutionError> {
        let row = self.fresh(id).await?;
        let own = row.user_id == caller.user_id || caller.is_architect();
        if own { Ok(row) } else { Err(ExecutionError::Missing { execution: id }) }
    }

    /// The row, after it has caught up with a job that ended without its handler.
    pub(super) async fn fresh(&self, id: ExecutionId) -> Result<Execution, ExecutionError> {
        let (row, job_is_over) = self.beside_its_job(id).await?;
        if row.state.is_final() || !job_is_over || self.catch_up(Some(id), 1).await? == 0 {
            return Ok(row);
        }
        Ok(self.beside_its_job(id).await?.0)
    }

    /// The row, and whether its job will never run by itself again: one question for both.
    async fn beside_its_job(&self, id: ExecutionId) -> Result<(Execution, bool), ExecutionError> {
        let db = self.domain.db.connection();
        let select = execution::Entity::find_by_id(id).expr_as(Expr::cust(JOB_IS_OVER), "job_is_over");
        let row = db.query_one(select.as_query()).await?.ok_or(ExecutionError::Missing { execution: id })?;
        Ok((Execution::from_query_result(&row, "")?, row.try_get("", "job_is_over")?))
    }
}
