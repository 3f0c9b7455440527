//! The lines that an agent writes: numbered over all attempts, added in bunches, read in pages.

use entities::Timestamp;
use entities::execution::{self, State};
use entities::execution_log::{self, Stream};
use entities::id::ExecutionId;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::{ExecutionError, Executions, LogEntry};
use crate::accounts::Caller;
use crate::json::{shortened, without_nul};
use crate::paging::{Page, PageRequest};

/// Characters that are kept of one line.
const LINE_CHARS_MAX: usize = 32_768;

/// A line before it is a row.
#[derive(Debug, Clone)]
pub struct NewLine {
    pub stream: Stream,
    pub at: Timestamp,
    pub text: String,
}

impl Executions<'_> {
    /// Add lines of an attempt, under a mark of our own when another attempt wrote the line before them. Answers `false`, and adds nothing,
    /// when a newer attempt has the execution.
    ///
    /// # Errors
    /// When the database refuses; nothing is added then.
    pub async fn append_logs(&self, id: ExecutionId, attempt: i32, mut lines: Vec<NewLine>) -> Result<bool, ExecutionError> {
        let txn = self.domain.db.write().await?;
        // The lock keeps a newer attempt from beginning, and so from writing, between the count and the insert.
        let row = execution::Entity::find_by_id(id).lock_exclusive().one(&*txn).await?;
        if row.is_none_or(|row| row.attempt != attempt || row.state != State::Running) {
            return Ok(false);
        }
        let last: Option<(i64, i32)> = execution_log::Entity::find()
            .select_only()
            .columns([execution_log::Column::Seq, execution_log::Column::Attempt])
            .filter(execution_log::Column::ExecutionId.eq(id))
            .order_by_desc(execution_log::Column::Seq)
            .into_tuple()
            .one(&*txn)
            .await?;
        let first = last.map_or(0, |(seq, _)| seq) + 1;
        let newer = last.filter(|(_, before)| *before < attempt).zip(lines.first().map(|line| line.at));
        if let Some(((_, before), at)) = newer {
            let text = format!("attempt {attempt} begins here; attempt {before}, whose lines stand above, was broken off");
            lines.insert(0, NewLine { stream: Stream::System, at, text });
        }
        let rows = (first..).zip(lines).map(|(seq, line)| {
            let text = shortened(&without_nul(&line.text), LINE_CHARS_MAX);
            execution_log::Model { execution_id: id, seq, attempt, stream: line.stream, at: line.at, text }.into_active_model()
        });
        execution_log::Entity::insert_many(rows).exec_without_returning(&*txn).await?;
        txn.commit().await?;
        self.domain.changed();
        Ok(true)
    }

    /// Lines of an execution in their order, those after number `after` (0 for all).
    ///
    /// # Errors
    /// [`ExecutionError::Missing`] when the execution is not there for the caller.
    pub async fn logs(&self, caller: &Caller, id: ExecutionId, after: i64, page: &PageRequest) -> Result<Page<LogEntry>, ExecutionError> {
        self.get(caller, id).await?;
        let of = (id, after);
        let after = page.after::<i64>("execution logs", &of)?.unwrap_or(after);
        let rows = self.lines(id, after, page.rows_max()? + 1).await?;
        Ok(page.page("execution logs", &of, rows, |line| line.seq)?)
    }

    pub(super) async fn lines(&self, id: ExecutionId, after: i64, lines_max: u64) -> Result<Vec<LogEntry>, ExecutionError> {
        let find = execution_log::Entity::find()
            .filter(execution_log::Column::ExecutionId.eq(id))
            .filter(execution_log::Column::Seq.gt(after))
            .order_by_asc(execution_log::Column::Seq)
            .limit(lines_max);
        Ok(find.all(self.domain.db.connection()).await?)
    }
}
