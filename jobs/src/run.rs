//! What a handler holds while it runs a job.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use entities::id::JobId;
use platform::Txn;
use sea_orm::DbErr;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::outcome::Settled;
use crate::store::finish;
use crate::store::notes::{self, Note};

/// One attempt of one job: the fencing token, the tokens that end it, its log. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Run {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    job_id: JobId,
    attempt: i32,
    failures: i32,
    worker: String,
    cancel: CancellationToken,
    lost: AtomicBool,
    drain: CancellationToken,
    notes: mpsc::UnboundedSender<Note>,
    /// As what the handler's own transaction has ended the job, for those who count.
    settled: OnceLock<&'static str>,
}

/// The attempt does not hold the job any more: its lease ran out and somebody else may be running it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("attempt {attempt} of {job_id} has lost its lease; its result is not recorded")]
pub struct LostLease {
    pub job_id: JobId,
    pub attempt: i32,
}

/// A job could not be settled in the handler's transaction.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    #[error(transparent)]
    LostLease(#[from] LostLease),
    #[error("the database did not take the result")]
    Database(#[from] DbErr),
}

impl Run {
    pub(crate) fn new(
        job_id: JobId,
        attempt: i32,
        failures: i32,
        worker: String,
        drain: CancellationToken,
        notes: mpsc::UnboundedSender<Note>,
    ) -> Self {
        let (cancel, lost) = (CancellationToken::new(), AtomicBool::new(false));
        Self { inner: Arc::new(Inner { job_id, attempt, failures, worker, cancel, lost, drain, notes, settled: OnceLock::new() }) }
    }

    #[must_use]
    pub fn job_id(&self) -> JobId {
        self.inner.job_id
    }

    /// The fencing token: how many claims there have been, this one included.
    #[must_use]
    pub fn attempt(&self) -> i32 {
        self.inner.attempt
    }

    /// How many earlier attempts ended in an error.
    #[must_use]
    pub fn failures(&self) -> i32 {
        self.inner.failures
    }

    #[must_use]
    pub fn worker(&self) -> &str {
        &self.inner.worker
    }

    /// Fires when somebody cancels the job or its lease is lost. End soon; what you record after it may be refused.
    #[must_use]
    pub fn cancel(&self) -> &CancellationToken {
        &self.inner.cancel
    }

    /// Whether the lease is gone. Nobody asked for the end of the job then: let go of it, somebody else has it or will.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.inner.lost.load(Ordering::Acquire)
    }

    /// End the attempt because its lease is gone.
    pub(crate) fn lose(&self) {
        self.inner.lost.store(true, Ordering::Release);
        self.inner.cancel.cancel();
    }

    /// Fires when the worker was asked to end and its patience is over. A long job may answer [`Outcome::Released`](crate::Outcome::Released).
    #[must_use]
    pub fn drain(&self) -> &CancellationToken {
        &self.inner.drain
    }

    /// Add a line to the attempt's log, bounded by the settings; it reaches the row within a second.
    pub fn log(&self, line: impl Into<String>) {
        self.note(Note::line(self.job_id(), self.attempt(), line.into()));
    }

    /// Say how far the job is; the newest word wins and reaches the row within a second.
    pub fn progress(&self, progress: Value) {
        self.note(Note::progress(self.job_id(), self.attempt(), progress));
    }

    /// The same in the handler's own transaction: a step and the word that it is done are one commit, and the next attempt finds it in the row.
    /// Use one or the other; a word that travels by itself may arrive after this one.
    ///
    /// # Errors
    /// [`LostLease`] when another attempt holds the job by now: roll back, the step must not be kept.
    pub async fn progress_in(&self, txn: &Txn, progress: &Value) -> Result<(), SettleError> {
        if notes::progress_in(txn, self.job_id(), self.attempt(), progress).await? {
            return Ok(());
        }
        Err(LostLease { job_id: self.job_id(), attempt: self.attempt() }.into())
    }

    /// End the job in the handler's own transaction, so that effect and completion are one commit. Answer
    /// [`Outcome::Settled`](crate::Outcome::Settled) afterwards.
    ///
    /// # Errors
    /// [`LostLease`] when another attempt holds the job by now: roll back, the effect must not be kept.
    pub async fn settle_in(&self, txn: &Txn, settled: Settled) -> Result<(), SettleError> {
        let word = settled.name();
        finish::settle(txn, self, settled).await?;
        let _ = self.inner.settled.set(word);
        Ok(())
    }

    /// As what the handler has settled the job, if it did.
    pub(crate) fn settled_as(&self) -> Option<&'static str> {
        self.inner.settled.get().copied()
    }

    fn note(&self, note: Note) {
        // The writer of notes outlives every run but the last moments of the process.
        let _ = self.inner.notes.send(note);
    }
}
