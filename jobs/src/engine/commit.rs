//! Writing ends down, many in one statement. The database being away is waited out; nothing is given up while the process lives.

use std::sync::Arc;
use std::time::Duration;

use platform::{Db, Rng};
use tokio::sync::mpsc;

use super::delivery::End;
use super::held::Held;
use crate::kinds::JobKind;
use crate::outcome::Outcome;
use crate::policy::Backoff;
use crate::store::finish::{self, Finished};
use crate::wake::{Signal, WakeBus};

const RETRY: Duration = Duration::from_millis(200);

/// Writes the ends of one pool of this process.
pub struct Committer {
    pub db: Db,
    pub held: Held,
    pub rng: Arc<dyn Rng>,
    pub bus: WakeBus,
    pub pool: crate::policy::Pool,
    pub jobs_max: usize,
}

impl Committer {
    /// Runs until every ticket has spoken and every end is written.
    pub async fn run(self, mut ends: mpsc::UnboundedReceiver<End>) {
        let mut batch = Vec::new();
        while ends.recv_many(&mut batch, self.jobs_max).await > 0 {
            let finished: Vec<_> = batch.iter().map(|end| self.finished(end)).collect();
            let recorded = self.write(&finished).await;
            for end in batch.drain(..) {
                self.held.remove(&end.run);
                observe(&end, recorded.contains(&end.run.job_id()));
            }
            if finished.iter().any(|end| end.keyed || end.outcome == Outcome::Released) {
                // A freed slot of a key may let a waiting job start, here or on another node.
                self.bus.send(Signal::Work(self.pool));
            }
        }
    }

    async fn write(&self, finished: &[Finished]) -> Vec<entities::id::JobId> {
        loop {
            match finish::finish(&self.db, finished).await {
                Ok(recorded) => return recorded,
                Err(error) => {
                    tracing::warn!(%error, jobs = finished.len(), "ends of jobs were not written; trying again");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    fn finished(&self, end: &End) -> Finished {
        let backoff = JobKind::named(&end.kind).map_or(Backoff::STEADY, |kind| kind.policy().backoff);
        let failures = u32::try_from(end.run.failures()).unwrap_or(0) + 1;
        let mut chance = [0; 4];
        if matches!(end.outcome, Outcome::Errored(_)) {
            self.rng.fill(&mut chance);
        }
        Finished {
            job_id: end.run.job_id(),
            attempt: end.run.attempt(),
            outcome: end.outcome.clone(),
            backoff: backoff.after(failures, u32::from_ne_bytes(chance)),
            keyed: end.keyed,
        }
    }
}

fn observe(end: &End, recorded: bool) {
    let (id, attempt) = (end.run.job_id(), end.run.attempt());
    let word = match &end.outcome {
        Outcome::Succeeded(_) => "succeeded",
        Outcome::Settled => end.run.settled_as().unwrap_or("succeeded"),
        Outcome::Errored(_) => "errored",
        Outcome::Failed(_) => "failed",
        Outcome::Cancelled => "cancelled",
        Outcome::Snoozed { .. } => "snoozed",
        Outcome::Released => "released",
    };
    metrics::counter!("tallyman_job_attempts_total", "kind" => end.kind.clone(), "outcome" => word).increment(1);
    if !recorded && end.outcome != Outcome::Settled {
        tracing::warn!(job.id = %id, attempt, outcome = word, "the attempt had lost its lease; its end is not recorded");
    }
}
