//! Putting jobs into a transaction.

use std::time::Duration;

use entities::id::JobId;
use platform::{Ids, Txn};
use sea_orm::DbErr;
use serde_json::Value;

use crate::kinds::Job;
use crate::policy::{Concurrency, Pool, Unique};
use crate::store::insert;
use crate::wake::{Signal, Wake, WakeBus};

/// Puts jobs into transactions. Cheap to clone.
#[derive(Clone)]
pub struct Queue {
    ids: Ids,
    bus: WakeBus,
}

/// A job that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enqueued {
    pub id: JobId,
    /// A live job with the same unique key was there already; this is its id.
    pub existed: bool,
}

/// A job that cannot be enqueued.
#[derive(Debug, thiserror::Error)]
pub enum EnqueueError {
    #[error("the payload of a `{kind}` job cannot be written as JSON")]
    Payload { kind: String, source: serde_json::Error },
    #[error("priority {given} is outside 0 … 9")]
    Priority { given: i16 },
    #[error("the bound of the concurrency key {key:?} is outside what can be kept: {what}")]
    Bound { key: String, what: &'static str },
    #[error("the unique key {key:?} changed hands too often while the job was being enqueued; try again")]
    Contended { key: String },
    #[error("the database did not take the job")]
    Database(#[from] DbErr),
}

/// A job before it is a row.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub kind: String,
    pub pool: String,
    pub payload: Value,
    pub priority: i16,
    /// How long after the commit's moment it may start, by the database's clock.
    pub delay: Duration,
    pub failures_max: u32,
    pub deaths_max: u32,
    pub unique: Option<Unique>,
    pub concurrency: Option<Concurrency>,
    pub resource: Option<String>,
    pub trace_id: Option<String>,
    pub created_by: Option<String>,
}

impl NewJob {
    /// A job as its kind's policy wants it, carrying the current trace.
    ///
    /// # Errors
    /// When the payload cannot be written as JSON.
    pub fn of<J: Job>(job: &J) -> Result<Self, EnqueueError> {
        Self::written(job).map_err(|source| EnqueueError::Payload { kind: J::KIND.name().into(), source })
    }

    pub(crate) fn written<J: Job>(job: &J) -> Result<Self, serde_json::Error> {
        let payload = serde_json::to_value(job)?;
        Ok(Self {
            kind: J::KIND.name().into(),
            pool: J::POLICY.pool.name().into(),
            payload,
            priority: J::POLICY.priority,
            delay: Duration::ZERO,
            failures_max: J::POLICY.failures_max,
            deaths_max: J::POLICY.deaths_max,
            unique: job.unique(),
            concurrency: job.concurrency(),
            resource: job.resource(),
            trace_id: platform::telemetry::current_trace(),
            created_by: None,
        })
    }

    #[must_use]
    pub fn created_by(mut self, who: impl Into<String>) -> Self {
        self.created_by = Some(who.into());
        self
    }

    #[must_use]
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

impl Queue {
    #[must_use]
    pub fn new(ids: Ids, bus: WakeBus) -> Self {
        Self { ids, bus }
    }

    #[must_use]
    pub fn bus(&self) -> &WakeBus {
        &self.bus
    }

    #[must_use]
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    /// Put a job into the transaction. It runs after [`commit`], or never if the transaction is rolled back.
    ///
    /// # Errors
    /// When the payload is no JSON or the database refuses; the transaction is spoilt then.
    pub async fn enqueue<J: Job>(&self, txn: &Txn, job: &J) -> Result<(Enqueued, Wake), EnqueueError> {
        let (mut enqueued, wake) = self.enqueue_all(txn, vec![NewJob::of(job)?]).await?;
        Ok((enqueued.remove(0), wake))
    }

    /// Put many jobs into the transaction in one statement; the answers stand in the order of the jobs.
    ///
    /// # Errors
    /// As [`Queue::enqueue`].
    pub async fn enqueue_all(&self, txn: &Txn, jobs: Vec<NewJob>) -> Result<(Vec<Enqueued>, Wake), EnqueueError> {
        let signals: Vec<_> =
            jobs.iter().filter(|job| job.delay.is_zero()).filter_map(|job| Pool::named(&job.pool)).map(Signal::Work).collect();
        let enqueued = insert::insert(txn, &self.ids, jobs).await?;
        Ok((enqueued, Wake::new(self.bus.clone(), signals)))
    }

    /// Ask for the end of a job: a waiting one is cancelled in this transaction, a running one is told to stop after the commit.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn cancel(&self, txn: &Txn, job: JobId) -> Result<Wake, DbErr> {
        crate::store::cancel::request(txn, &[job]).await?;
        Ok(Wake::new(self.bus.clone(), [Signal::Cancel(job)]))
    }
}

/// Commit, then wake the workers.
///
/// # Errors
/// When the commit fails; nobody is woken then.
pub async fn commit(txn: Txn, wake: Wake) -> Result<(), DbErr> {
    txn.commit().await?;
    wake.send();
    Ok(())
}
