//! The lines that an agent writes: numbered over all attempts, added in bunches, read in pages.

use std::ops::Range;

use entities::Timestamp;
use entities::execution;
use entities::execution_log::{self, Stream};
use entities::id::ExecutionId;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::log_cut::Gap;
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
    /// Add lines of an attempt, under a mark of our own when another attempt wrote the line before them. Answers their numbers; none, and nothing
    /// is added, when a newer attempt has the execution.
    ///
    /// # Errors
    /// When the database refuses; nothing is added then.
    pub async fn append_logs(&self, id: ExecutionId, attempt: i32, mut lines: Vec<NewLine>) -> Result<Option<Range<i64>>, ExecutionError> {
        let txn = self.domain.db.write().await?;
        // The lock keeps a newer attempt from beginning, and so from writing, between the count and the insert.
        let row = execution::Entity::find_by_id(id).lock_exclusive().one(&*txn).await?;
        if row.is_none_or(|row| row.attempt != attempt || row.state.is_final()) {
            return Ok(None);
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
        let number = lines.len();
        let newer = last.filter(|(_, before)| *before < attempt).zip(lines.first().map(|line| line.at));
        if let Some(((_, before), at)) = newer {
            let text = format!("attempt {attempt} begins here; the lines above are those of attempt {before}");
            lines.insert(0, NewLine { stream: Stream::System, at, text });
        }
        let end = first + i64::try_from(lines.len()).unwrap_or(i64::MAX);
        let rows = (first..).zip(lines).map(|(seq, line)| {
            let text = shortened(&without_nul(&line.text), LINE_CHARS_MAX);
            execution_log::Model { execution_id: id, seq, attempt, stream: line.stream, at: line.at, text }.into_active_model()
        });
        execution_log::Entity::insert_many(rows).exec_without_returning(&*txn).await?;
        txn.commit().await?;
        self.domain.changed();
        Ok(Some(end - i64::try_from(number).unwrap_or(0)..end))
    }

    /// Cut lines of an attempt out, leaving a mark of our own.
    ///
    /// # Errors
    /// When the database refuses; nothing is cut out then.
    pub async fn cut_logs(&self, id: ExecutionId, attempt: i32, gap: &Gap) -> Result<(), ExecutionError> {
        let of_it = || Condition::all().add(execution_log::Column::ExecutionId.eq(id)).add(execution_log::Column::Attempt.eq(attempt));
        let marked = execution_log::ActiveModel {
            stream: Set(Stream::System),
            text: Set(format!("… {} lines are cut out here …", gap.lines)),
            ..execution_log::ActiveModel::default()
        };
        let txn = self.domain.db.write().await?;
        let gone = execution_log::Entity::delete_many().filter(of_it()).filter(execution_log::Column::Seq.gt(gap.mark));
        gone.filter(execution_log::Column::Seq.lt(gap.tail)).exec(&*txn).await?;
        let mark = execution_log::Entity::update_many().set(marked).filter(of_it());
        mark.filter(execution_log::Column::Seq.eq(gap.mark)).exec(&*txn).await?;
        txn.commit().await?;
        self.domain.changed();
        Ok(())
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
