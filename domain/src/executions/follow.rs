//! Reading lines as they come.

use std::collections::VecDeque;
use std::time::Duration;

use entities::execution::State;
use entities::id::ExecutionId;
use futures::Stream;
use futures::stream;

use super::{ExecutionError, LogEntry};
use crate::accounts::Caller;
use crate::context::Domain;

const LINES_OF_READ_MAX: u64 = 500;
/// How often lines are looked for that another process has written.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What somebody who follows an execution gets to see.
#[derive(Debug, Clone)]
pub enum Followed {
    Line(LogEntry),
    /// The last word: no line comes after it.
    End(State),
}

struct Follower {
    domain: Domain,
    id: ExecutionId,
    after: i64,
    waiting: VecDeque<LogEntry>,
    over: bool,
}

impl Domain {
    /// The lines of an execution after number `after` (0 for all), as they come, and its end.
    ///
    /// # Errors
    /// [`ExecutionError::Missing`] when the execution is not there for the caller. The stream ends after its first error.
    pub async fn follow(
        &self,
        caller: &Caller,
        id: ExecutionId,
        after: i64,
    ) -> Result<impl Stream<Item = Result<Followed, ExecutionError>> + Send + 'static, ExecutionError> {
        self.executions().get(caller, id).await?;
        let follower = Follower { domain: self.clone(), id, after, waiting: VecDeque::new(), over: false };
        Ok(stream::unfold(follower, |mut follower| async move {
            let next = follower.next().await.transpose()?;
            follower.over |= next.is_err();
            Some((next, follower))
        }))
    }
}

impl Follower {
    async fn next(&mut self) -> Result<Option<Followed>, ExecutionError> {
        if self.over {
            return Ok(None);
        }
        let domain = self.domain.clone();
        let executions = domain.executions();
        while self.waiting.is_empty() {
            let mut changed = std::pin::pin!(domain.changes.notified());
            // Listen before looking: what comes in between is not missed.
            changed.as_mut().enable();
            // The state before the lines: no line is written after the end.
            let state = executions.fresh(self.id).await?.state;
            self.waiting.extend(executions.lines(self.id, self.after, LINES_OF_READ_MAX).await?);
            if self.waiting.is_empty() {
                if state.is_final() {
                    self.over = true;
                    return Ok(Some(Followed::End(state)));
                }
                let _ = tokio::time::timeout(LOOK_EVERY, changed).await;
            }
        }
        let line = self.waiting.pop_front();
        self.after = line.as_ref().map_or(self.after, |line| line.seq);
        Ok(line.map(Followed::Line))
    }
}
