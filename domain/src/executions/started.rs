//! The moment from which the agent runs.

use entities::execution::{self, State};
use entities::id::ExecutionId;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::{ExecutionError, Executions};

impl Executions<'_> {
    /// The container of this attempt runs the agent. It is told once, however often the execution was put off before, and not again when an
    /// attempt takes the place of one that died.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn started(&self, id: ExecutionId, attempt: i32) -> Result<(), ExecutionError> {
        let running = execution::ActiveModel {
            state: Set(State::Running),
            started_at: Set(Some(self.domain.now())),
            trouble_since: Set(None),
            waiting_for: Set(None),
            waiting_since: Set(None),
            ..execution::ActiveModel::default()
        };
        let txn = self.domain.db.write().await?;
        let written = execution::Entity::update_many()
            .set(running)
            .filter(execution::Column::Id.eq(id))
            .filter(execution::Column::Attempt.eq(attempt))
            .filter(execution::Column::State.eq(State::Queued))
            .exec(&*txn)
            .await?;
        if written.rows_affected > 0 {
            self.tell(&txn, id, State::Running).await?;
        }
        txn.commit().await?;
        self.domain.changed();
        tracing::info!(execution.id = %id, attempt, "started agent for execution `{id}`");
        Ok(())
    }
}
