//! An attempt that cannot run now.

use entities::Timestamp;
use entities::execution::{self, State};
use jobs::Run;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use super::{ExecutionError, Executions, Plan};

impl Executions<'_> {
    /// Put this attempt's execution off: it waits in the queue, and says what for. `trouble_since` notes since when trouble that may be the
    /// image's own is in the way; `None` when something else is. Only of one that had started it is told that it is queued again.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn put_off(&self, plan: &Plan, waiting_for: &str, trouble_since: Option<Timestamp>, run: &Run) -> Result<(), ExecutionError> {
        let id = plan.execution_id;
        let txn = self.domain.db.write().await?;
        let found = execution::Entity::find_by_id(id).lock_exclusive().one(&*txn).await?;
        let Some(row) = found.filter(|row| row.attempt == run.attempt() && !row.state.is_final()) else { return Ok(()) };
        let waiting = execution::ActiveModel {
            state: Set(State::Queued),
            started_at: Set(None),
            waiting_for: Set(Some(waiting_for.to_owned())),
            waiting_since: Set(Some(row.waiting_since.unwrap_or_else(|| self.domain.now()))),
            trouble_since: Set(trouble_since),
            ..execution::ActiveModel::default()
        };
        execution::Entity::update_many().set(waiting).filter(execution::Column::Id.eq(id)).exec(&*txn).await?;
        if row.state == State::Running {
            self.tell(&txn, id, State::Queued).await?;
        }
        txn.commit().await?;
        self.domain.changed();
        Ok(())
    }
}
