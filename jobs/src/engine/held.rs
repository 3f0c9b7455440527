//! The leases that this process holds, and the task that keeps them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use entities::id::JobId;
use platform::Db;
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::engine::Settings;
use crate::run::Run;
use crate::store::lease;
use crate::wake::WakeBus;

/// The leases of one process. Renewing does not wait for handlers, polls or shutdown.
#[derive(Debug, Clone, Default)]
pub struct Held(Arc<Leases>);

#[derive(Debug, Default)]
struct Leases {
    by_job: Mutex<HashMap<JobId, Lease>>,
    ended: Notify,
}

#[derive(Debug)]
struct Lease {
    run: Run,
    renewed: Instant,
    begun: bool,
}

impl Held {
    /// `claimed` is the moment before the claim was sent: the lease cannot have begun earlier.
    pub fn add(&self, run: &Run, claimed: Instant, begun: bool) {
        let before = self.lock().insert(run.job_id(), Lease { run: run.clone(), renewed: claimed, begun });
        // The job was lost and has come back to the same process: nobody renews the first attempt any more, so nobody else would tell it.
        if let Some(lost) = before {
            lost.run.lose();
        }
    }

    pub fn remove(&self, run: &Run) {
        let mut held = self.lock();
        if held.get(&run.job_id()).is_some_and(|lease| lease.run.attempt() == run.attempt()) {
            held.remove(&run.job_id());
            self.0.ended.notify_waiters();
        }
    }

    /// A job that was claimed and waited starts now.
    pub fn begin(&self, run: &Run) {
        if let Some(lease) = self.lock().get_mut(&run.job_id()) {
            lease.begun = true;
        }
    }

    /// Resolves when no job that has begun is held.
    pub async fn quiet(&self) {
        loop {
            let ended = self.0.ended.notified();
            if !self.lock().values().any(|lease| lease.begun) {
                return;
            }
            ended.await;
        }
    }

    /// Tell a running job to end.
    pub fn cancel(&self, job: JobId) {
        if let Some(lease) = self.lock().get(&job) {
            lease.run.cancel().cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<JobId, Lease>> {
        self.0.by_job.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Renew until `stop` fires, which is after the last handler has ended.
    pub async fn keep(self, db: Db, settings: Settings, stop: CancellationToken) {
        let mut every = tokio::time::interval(settings.renew_every());
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = every.tick() => {}
            }
            // A database that hangs must not hide a lost lease.
            let patience = settings.renew_every();
            match tokio::time::timeout(patience, self.renew(&db, settings.lease_ms())).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "leases were not renewed; trying again"),
                Err(_) => tracing::warn!(waited_ms = patience.as_millis(), "the database did not answer a renewal in time"),
            }
            self.lose_expired(settings.lease());
        }
    }

    async fn renew(&self, db: &Db, lease_ms: i64) -> Result<(), sea_orm::DbErr> {
        let asked = Instant::now();
        let leases: Vec<_> = self.lock().iter().map(|(id, lease)| (*id, lease.run.attempt())).collect();
        if leases.is_empty() {
            return Ok(());
        }
        let renewed = lease::renew(db, &leases, lease_ms).await?;
        let mut held = self.lock();
        for id in renewed.held.iter().chain(&renewed.cancelled) {
            if let Some(lease) = held.get_mut(id) {
                lease.renewed = asked;
            }
        }
        for id in &renewed.cancelled {
            if let Some(lease) = held.get(id) {
                lease.run.cancel().cancel();
            }
        }
        for (id, attempt) in leases {
            let lost = ![&renewed.held, &renewed.cancelled, &renewed.busy].into_iter().any(|known| known.contains(&id));
            // A job that has just finished is not lost: the committer takes it out of the map right after its commit.
            if lost && held.get(&id).is_some_and(|lease| lease.run.attempt() == attempt && lease.renewed < asked) {
                held.get(&id).inspect(|lease| lease.run.lose());
            }
        }
        Ok(())
    }

    /// A lease that could not be renewed in its time belongs to somebody else by now.
    fn lose_expired(&self, lease: Duration) {
        for (id, held) in self.lock().iter() {
            if held.renewed.elapsed() >= lease && !held.run.is_lost() {
                tracing::warn!(job.id = %id, attempt = held.run.attempt(), "the lease could not be renewed in time; the attempt is told to end");
                held.run.lose();
            }
        }
    }

    /// Pass cancellations on as they come over the bus.
    pub async fn listen(self, bus: WakeBus, stop: CancellationToken) {
        let mut cancels = bus.cancels();
        loop {
            let next = tokio::select! {
                () = stop.cancelled() => return,
                next = cancels.recv() => next,
            };
            match next {
                Ok(job) => self.cancel(job),
                // Each renewal reads from the rows who is to end.
                Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "cancellations came too fast; the next renewal catches up"),
                Err(RecvError::Closed) => return,
            }
        }
    }
}
