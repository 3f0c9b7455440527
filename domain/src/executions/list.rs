//! The caller's own executions.

use entities::execution::{self, State};
use entities::id::{AgentId, ExecutionId};
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde::Serialize;

use super::{Execution, ExecutionError, Executions};
use crate::accounts::Caller;
use crate::paging::{Page, PageRequest};

/// What the executions of a list have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ExecutionFilter {
    pub agent_id: Option<AgentId>,
    pub state: Option<State>,
}

impl Executions<'_> {
    /// The caller's own executions, newest first.
    ///
    /// # Errors
    /// [`ExecutionError::Page`] when the page cannot be told.
    pub async fn list(&self, caller: &Caller, filter: &ExecutionFilter, page: &PageRequest) -> Result<Page<Execution>, ExecutionError> {
        let of = (caller.user_id, filter);
        let mut wanted = Condition::all()
            .add(execution::Column::UserId.eq(caller.user_id))
            .add_option(filter.agent_id.map(|agent| execution::Column::AgentId.eq(agent)))
            .add_option(filter.state.map(|state| execution::Column::State.eq(state)));
        if let Some(after) = page.after::<ExecutionId>("executions", &of)? {
            wanted = wanted.add(execution::Column::Id.lt(after));
        }
        let find = execution::Entity::find().filter(wanted).order_by_desc(execution::Column::Id).limit(page.rows_max()? + 1);
        Ok(page.page("executions", &of, find.all(self.domain.db.connection()).await?, |row| row.id)?)
    }
}
