//! The caller's own executions.

use entities::execution::{self, State};
use entities::id::{AgentId, ExecutionId};
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde::Serialize;

use super::{Execution, ExecutionError, Executions};
use crate::accounts::Caller;
use crate::json::bytes_of;
use crate::paging::{Page, PageRequest};

/// What the executions of a list have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ExecutionFilter {
    pub agent_id: Option<AgentId>,
    pub state: Option<State>,
}

impl Executions<'_> {
    /// The caller's own executions, newest first. Where inputs and outputs are large a page ends early.
    ///
    /// # Errors
    /// [`ExecutionError::Page`] when the page cannot be told.
    pub async fn list(&self, caller: &Caller, filter: &ExecutionFilter, page: &PageRequest) -> Result<Page<Execution>, ExecutionError> {
        let of = (caller.user_id, filter);
        let wanted = Condition::all()
            .add(execution::Column::UserId.eq(caller.user_id))
            .add_option(filter.agent_id.map(|agent| execution::Column::AgentId.eq(agent)))
            .add_option(filter.state.map(|state| execution::Column::State.eq(state)));
        let mut filling = page.filling("executions", &of, self.domain.settings.lists.page_bytes_max)?;
        while let Some((after, rows_max)) = filling.wants() {
            let behind = wanted.clone().add_option(after.map(|after: ExecutionId| execution::Column::Id.lt(after)));
            let find = execution::Entity::find().filter(behind).order_by_desc(execution::Column::Id).limit(rows_max);
            filling.add(find.all(self.domain.db.connection()).await?, |row| (row.id, bytes_of_row(row)));
        }
        Ok(filling.page("executions", &of))
    }
}

/// What of a row may be large.
fn bytes_of_row(row: &Execution) -> usize {
    bytes_of(&row.input) + [&row.output, &row.isolation, &row.usage].into_iter().flatten().map(bytes_of).sum::<usize>()
}
