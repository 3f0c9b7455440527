//! From the sandbox's lines to rows: a bounded channel, so that a database that is slow slows the agent down and loses nothing.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use entities::Timestamp;
use entities::execution_log::Stream;
use entities::id::ExecutionId;
use jobs::Run;
use tokio::sync::mpsc;

use super::Executions;
use super::Plan;
use super::log_cut::LogCut;
use super::logs::NewLine;
use crate::context::Domain;
use crate::ports::sandbox::{LogLine, LogSink, LogStream};

/// Lines that wait for the database before the agent does, and lines of one insert.
const LINES_WAITING_MAX: usize = 2_000;
const LINES_OF_INSERT_MAX: usize = 500;
/// How long lines are gathered, so that a chatty agent costs few transactions; and once each line costs another one its place.
const GATHER: Duration = Duration::from_millis(50);
const GATHER_FULL: Duration = Duration::from_secs(1);

/// The sandbox's end: takes lines.
pub struct LogBook {
    domain: Domain,
    lines: mpsc::Sender<NewLine>,
    execution_id: ExecutionId,
    attempt: i32,
    /// When the agent started, as its first line tells.
    started: Mutex<Option<Timestamp>>,
}

/// The database's end: writes them.
pub struct LogWriter {
    domain: Domain,
    lines: mpsc::Receiver<NewLine>,
    execution_id: ExecutionId,
    attempt: i32,
    cut: LogCut,
}

impl Executions<'_> {
    /// A book for the lines of one attempt. Run both ends side by side; the writer ends when the book is dropped.
    #[must_use]
    pub fn logbook(&self, plan: &Plan, run: &Run) -> (LogBook, LogWriter) {
        let (sender, lines) = mpsc::channel(LINES_WAITING_MAX);
        let (execution_id, attempt, lines_max) = (plan.execution_id, run.attempt(), plan.limits.log_lines_max);
        let book = LogBook { domain: self.domain.clone(), lines: sender, execution_id, attempt, started: Mutex::default() };
        (book, LogWriter { domain: self.domain.clone(), lines, execution_id, attempt, cut: LogCut::new(lines_max) })
    }
}

#[async_trait]
impl LogSink for LogBook {
    /// What is told of it is lost when the database is away; the run goes on, and its end is recorded all the same.
    async fn started(&self) {
        if let Err(error) = self.domain.executions().started(self.execution_id, self.attempt).await {
            tracing::warn!(execution.id = %self.execution_id, %error, "the start of an agent was not written");
        }
    }

    async fn line(&self, line: LogLine) {
        let at = self.start(line.after).plus(line.after);
        let stream = match line.stream {
            LogStream::Stdout => Stream::Stdout,
            LogStream::Stderr => Stream::Stderr,
            LogStream::System => Stream::System,
        };
        // A writer that has gone has lost its lease: nobody wants the lines any more.
        let _ = self.lines.send(NewLine { stream, at, text: line.text }).await;
    }
}

impl LogBook {
    fn start(&self, after: Duration) -> Timestamp {
        let mut started = self.started.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let since = i64::try_from(after.as_micros()).unwrap_or(0);
        *started.get_or_insert_with(|| Timestamp::from_micros(self.domain.now().micros() - since))
    }
}

impl LogWriter {
    /// Write lines until the book is dropped and every line is written, or another attempt has the execution.
    pub async fn run(mut self) {
        let mut batch = Vec::new();
        while self.lines.recv_many(&mut batch, LINES_OF_INSERT_MAX).await > 0 {
            if self.cut.is_full() {
                let shed = |batch: &mut Vec<NewLine>| {
                    self.cut.shed(batch);
                    LINES_OF_INSERT_MAX
                };
                gather(&mut self.lines, &mut batch, GATHER_FULL, shed).await;
                // What came last has pushed others out, too.
                self.cut.shed(&mut batch);
            } else {
                gather(&mut self.lines, &mut batch, GATHER, |batch| LINES_OF_INSERT_MAX - batch.len()).await;
            }
            if !self.write(std::mem::take(&mut batch)).await {
                return;
            }
        }
    }

    /// Answers whether the attempt still has the execution.
    async fn write(&mut self, lines: Vec<NewLine>) -> bool {
        let (executions, mut lines) = (self.domain.executions(), lines.into_iter());
        loop {
            let some: Vec<_> = lines.by_ref().take(LINES_OF_INSERT_MAX).collect();
            let number = some.len();
            if number == 0 {
                break;
            }
            match executions.append_logs(self.execution_id, self.attempt, some).await {
                Ok(Some(written)) => self.cut.wrote(&written),
                Ok(None) => return false,
                Err(error) => {
                    tracing::warn!(execution.id = %self.execution_id, %error, lines = number, "lines of an agent were not written");
                }
            }
        }
        if let Some(gap) = self.cut.gap()
            && let Err(error) = executions.cut_logs(self.execution_id, self.attempt, &gap).await
        {
            tracing::warn!(execution.id = %self.execution_id, %error, "a log was not cut");
        }
        true
    }
}

/// Take what comes in a short while, as long as `room` says for how many more there is some. Nobody waits for more once the book is dropped: the
/// end of a run waits for its lines.
async fn gather<T>(lines: &mut mpsc::Receiver<T>, batch: &mut Vec<T>, span: Duration, mut room: impl FnMut(&mut Vec<T>) -> usize) {
    let more = async {
        loop {
            let lines_max = room(batch);
            if lines_max == 0 || lines.recv_many(batch, lines_max).await == 0 {
                return;
            }
        }
    };
    // What was received before the time is up is in the batch.
    let _ = tokio::time::timeout(span, more).await;
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    async fn gathered(lines: &mut mpsc::Receiver<usize>, batch: &mut Vec<usize>) {
        gather(lines, batch, GATHER, |batch| LINES_OF_INSERT_MAX - batch.len()).await;
    }

    #[tokio::test]
    async fn more_lines_are_waited_for_and_never_after_the_last_one() {
        let (sender, mut lines) = mpsc::channel(LINES_WAITING_MAX);
        let mut batch = vec![0];
        sender.send(1).await.unwrap();
        assert_eq!(gathered(&mut lines, &mut batch).now_or_never(), None, "more may come");
        sender.send(2).await.unwrap();
        drop(sender);
        assert_eq!(gathered(&mut lines, &mut batch).now_or_never(), Some(()), "the run is over");
        assert_eq!(batch, [0, 1, 2]);
    }

    #[tokio::test]
    async fn a_full_batch_waits_for_nothing() {
        let (sender, mut lines) = mpsc::channel(LINES_WAITING_MAX);
        for line in 0..LINES_OF_INSERT_MAX {
            sender.send(line).await.unwrap();
        }
        let mut batch = vec![0];
        assert_eq!(gathered(&mut lines, &mut batch).now_or_never(), Some(()));
        assert_eq!(batch.len(), LINES_OF_INSERT_MAX);
    }
}
