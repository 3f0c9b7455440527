//! One execution.

use entities::execution;
use entities::id::ExecutionId;
use sea_orm::EntityTrait as _;

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
        let load = async || execution::Entity::find_by_id(id).one(self.domain.db.connection()).await;
        let row = load().await?.ok_or(ExecutionError::Missing { execution: id })?;
        if row.state.is_final() || self.catch_up(Some(id), 1).await? == 0 {
            return Ok(row);
        }
        load().await?.ok_or(ExecutionError::Missing { execution: id })
    }
}
