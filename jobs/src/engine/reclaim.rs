//! Taking back what dead workers held. Every process does it; each lost lease is taken back once.

use std::time::Duration;

use platform::Db;
use tokio_util::sync::CancellationToken;

use super::Settings;
use crate::store::lease;
use crate::wake::{Signal, WakeBus};

/// Lost leases are looked for at least so often, however seldom the database is polled for work.
const LOOK_MAX: Duration = Duration::from_secs(1);

/// Look for lost leases until `stop` fires.
pub async fn run(db: Db, bus: WakeBus, settings: Settings, stop: CancellationToken) {
    let mut every = tokio::time::interval(settings.poll().min(LOOK_MAX));
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => {}
        }
        match lease::reclaim(&db).await {
            Ok(reclaimed) => {
                for job in reclaimed {
                    if job.died {
                        metrics::counter!("tallyman_job_deaths_total", "kind" => job.kind.clone()).increment(1);
                    }
                    tracing::warn!(job.id = %job.id, kind = job.kind, worker = job.worker, state = job.state, "a worker died over the job");
                    if let Some(pool) = job.pool.filter(|_| job.state == "queued") {
                        bus.send(Signal::Work(pool));
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "lost leases could not be looked for; trying again"),
        }
    }
}
