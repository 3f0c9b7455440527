//! Claiming only as many jobs as there are free slots, as soon as somebody says so, and each second anyway.

use std::sync::Arc;
use std::time::{Duration, Instant};

use platform::Db;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Settings;
use super::delivery::{Delivery, End, Ticket};
use super::held::Held;
use super::slots::Slots;
use super::solitude::Solitude;
use crate::policy::Pool;
use crate::run::Run;
use crate::store::claim::{Claim, Claimed, Turn, batch};
use crate::store::lease;
use crate::store::notes::Note;
use crate::wake::{Signal, WakeBus};

const RETRY: Duration = Duration::from_millis(300);
/// The first pause after another claimer was at everything that might have been taken; each further one is twice as long.
const COLLIDED: Duration = Duration::from_millis(5);
/// How long places are gathered at most while there is a backlog.
const GATHER: Duration = Duration::from_millis(5);

/// Brings the jobs of one pool into this process.
pub struct Fetcher {
    pub db: Db,
    pub bus: WakeBus,
    pub pool: Pool,
    pub worker: String,
    pub settings: Settings,
    pub slots: Arc<Slots>,
    pub held: Held,
    pub solitude: Solitude,
    pub notes: mpsc::UnboundedSender<Note>,
    pub ends: mpsc::UnboundedSender<End>,
    /// Fires when the process is asked to end: nothing more is claimed.
    pub stop: CancellationToken,
    /// Fires when the patience with running jobs is over.
    pub drain: CancellationToken,
}

impl Fetcher {
    /// Runs until `stop` fires or nobody takes deliveries any more.
    pub async fn run(self, deliveries: mpsc::Sender<(Delivery, Ticket)>) {
        let (mut turn, mut backlog, mut collisions) = (Turn::default(), false, 0);
        loop {
            let Some(free) = self.unless_stopped(self.free_slots(backlog)).await else { return };
            let Some(company) = self.unless_stopped(self.solitude.company()).await else { return };
            let jobs_max = batch(free.min(self.settings.claim_jobs_max));
            let claim = Claim { pool: self.pool, worker: &self.worker, lease_ms: self.settings.lease_ms(), jobs_max };
            let asked = Instant::now();
            // A claim that has been sent is waited for, also when the process is ending: its jobs must not wait for their lease.
            let claimed = match turn.claim(&self.db, &claim).await {
                Ok(claimed) => claimed,
                Err(error) => {
                    tracing::warn!(%error, pool = %self.pool, "no jobs could be claimed; trying again");
                    drop(company);
                    self.pause(RETRY).await;
                    continue;
                }
            };
            backlog = claimed.len() >= jobs_max as usize;
            // All of them at once, so that each is renewed while it waits for its handler, and released if none comes.
            let waiting: Vec<_> = claimed.into_iter().map(|job| (job.begun, self.deliver(job, asked))).collect();
            drop(company);
            collisions = if waiting.is_empty() && turn.collided() { collisions + 1 } else { 0 };
            if waiting.is_empty() {
                self.pause(self.until_next_look(collisions)).await;
            } else if self.hand_over(waiting, &deliveries).await.is_none() {
                return;
            }
            if backlog {
                // There may be more: let another worker of this process look too.
                self.bus.deliver(Signal::Work(self.pool));
            }
        }
    }

    fn until_next_look(&self, collisions: u32) -> Duration {
        match collisions {
            0 => self.settings.poll(),
            more => self.settings.poll().min(COLLIDED * 2_u32.saturating_pow(more - 1)),
        }
    }

    /// How many jobs may be claimed now. While more wait than fit, places are gathered for a moment: a claim of many costs what a claim of one does.
    async fn free_slots(&self, backlog: bool) -> u32 {
        let free = self.slots.wait(1).await;
        if !backlog {
            return free;
        }
        let many = self.slots.limit().min(self.settings.claim_jobs_max);
        match tokio::time::timeout(GATHER, self.slots.wait(many)).await {
            Ok(free) => free,
            Err(_) => self.slots.free(),
        }
    }

    /// What has begun goes to its handlers at once; a job on its last life waits until nothing else runs, and so do those after it.
    /// `None` when the pool is to end; what still waits goes back then.
    async fn hand_over(&self, jobs: Vec<(bool, (Delivery, Ticket))>, deliveries: &mpsc::Sender<(Delivery, Ticket)>) -> Option<()> {
        let (begun, alone): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|(begun, _)| *begun);
        for (_, delivery) in begun {
            self.unless_stopped(deliveries.send(delivery)).await?.ok()?;
        }
        for (_, (delivery, ticket)) in alone {
            // For one job at a time: in between the other pools have their turn.
            let _alone = self.unless_stopped(self.solitude.alone()).await?;
            self.unless_stopped(self.held.quiet()).await?;
            match lease::begin(&self.db, delivery.run.job_id(), delivery.run.attempt()).await {
                Ok(true) => self.held.begin(&delivery.run),
                Ok(false) => continue,
                Err(error) => {
                    tracing::warn!(%error, pool = %self.pool, "a job could not begin; it goes back");
                    continue;
                }
            }
            self.unless_stopped(deliveries.send((delivery, ticket))).await?.ok()?;
            self.unless_stopped(self.held.quiet()).await?;
        }
        Some(())
    }

    /// `None` when the pool is to end. When both are there together, `stop` counts, or what was just released is claimed again.
    async fn unless_stopped<T>(&self, wait: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            answer = wait => Some(answer),
        }
    }

    async fn pause(&self, most: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.bus.work(self.pool) => {}
            () = tokio::time::sleep(most) => {}
        }
    }

    fn deliver(&self, job: Claimed, claimed: Instant) -> (Delivery, Ticket) {
        let run = Run::new(job.id, job.attempt, job.failures, self.worker.clone(), self.drain.clone(), self.notes.clone());
        self.held.add(&run, claimed, job.begun);
        let ticket = Ticket::new(run.clone(), job.kind.clone(), job.keyed, self.slots.take(), self.ends.clone());
        (Delivery { kind: job.kind, payload: job.payload, trace_id: job.trace_id, run }, ticket)
    }
}
