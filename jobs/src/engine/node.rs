//! One process's share in the queue.

use std::sync::Arc;
use std::time::Duration;

use platform::{Db, Rng, Tasks};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::commit::Committer;
use super::delivery::{Delivery, Ticket};
use super::fetch::Fetcher;
use super::held::Held;
use super::roster::Post;
use super::slots::Slots;
use super::solitude::Solitude;
use super::{Settings, reclaim};
use crate::policy::Pool;
use crate::store::notes::{self, Note};
use crate::wake::WakeBus;

/// Connections that the queue has for itself in each process, on PostgreSQL: no handler that waits in a transaction holds up claims, renewals and ends.
const CONNECTIONS_MAX: u32 = 4;
/// How much longer a shutdown waits for a claim that is under way.
const CLAIM_PATIENCE: Duration = Duration::from_secs(3);

/// What all pools of a process share: the leases, the notes, the search for lost leases.
#[derive(Clone)]
pub struct Node {
    db: Db,
    bus: WakeBus,
    rng: Arc<dyn Rng>,
    settings: Settings,
    tasks: Tasks,
    held: Held,
    solitude: Solitude,
    notes: mpsc::UnboundedSender<Note>,
    name: String,
    /// Fires after the last pool has ended: leases and notes are kept until then.
    end: CancellationToken,
}

/// A running pool: deliveries come out, and the pool ends when they are all answered.
pub struct PoolEngine {
    pub deliveries: mpsc::Receiver<(Delivery, Ticket)>,
    /// Fire it to stop claiming; what runs goes on.
    pub stop: CancellationToken,
    /// Resolves when every end is written.
    pub done: JoinHandle<()>,
}

impl Node {
    /// Start the shared tasks. `name` tells this process from all others, those on the same machine included.
    #[must_use]
    pub fn start(db: Db, bus: WakeBus, rng: Arc<dyn Rng>, settings: Settings, tasks: Tasks, name: String) -> Self {
        let (held, solitude, end) = (Held::default(), Solitude::default(), CancellationToken::new());
        let (db, (notes, received)) = (db.apart(CONNECTIONS_MAX), mpsc::unbounded_channel());
        tasks.spawn_vital("keep leases", held.clone().keep(db.clone(), settings.clone(), end.clone()));
        tasks.spawn("pass cancellations on", held.clone().listen(bus.clone(), end.clone()));
        tasks.spawn_vital("take lost leases back", reclaim::run(db.clone(), bus.clone(), settings.clone(), tasks.stop()));
        tasks.spawn("write notes", write_notes(db.clone(), received, settings.clone(), end.clone()));
        Self { db, bus, rng, settings, tasks, held, solitude, notes, name, end }
    }

    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Start to work for a pool, `concurrency` jobs at once.
    #[must_use]
    pub fn work_for(&self, pool: Pool, concurrency: u32) -> PoolEngine {
        let worker = format!("{}/{pool}", self.name);
        let slots = Slots::new(concurrency);
        let (stop, drain, over) = (self.tasks.stop().child_token(), CancellationToken::new(), CancellationToken::new());
        let (ends, ended) = mpsc::unbounded_channel();
        let (deliver, deliveries) = mpsc::channel(1);
        let fetcher = Fetcher {
            db: self.db.clone(),
            bus: self.bus.clone(),
            pool,
            worker: worker.clone(),
            settings: self.settings.clone(),
            slots: Arc::clone(&slots),
            held: self.held.clone(),
            solitude: self.solitude.clone(),
            notes: self.notes.clone(),
            ends,
            stop: stop.clone(),
            drain: drain.clone(),
        };
        let committer = Committer {
            db: self.db.clone(),
            held: self.held.clone(),
            rng: Arc::clone(&self.rng),
            bus: self.bus.clone(),
            pool,
            jobs_max: self.settings.finish_jobs_max,
        };
        let post = Post { db: self.db.clone(), pool, worker, slots, concurrency };
        let fetching = self.tasks.spawn_vital("fetch", fetcher.run(deliver));
        self.tasks.spawn("keep the worker's row", post.keep(self.settings.clone(), stop.clone(), over.clone()));
        self.tasks.spawn("count the patience", patience(stop.clone(), fetching, drain, over.clone(), self.settings.drain()));
        let done = self.tasks.spawn_vital("commit", async move {
            committer.run(ended).await;
            over.cancel();
        });
        PoolEngine { deliveries, stop, done }
    }

    /// Let go of leases and notes. Call it when every pool is done.
    pub fn end(&self) {
        self.end.cancel();
    }
}

/// Some time after `stop`, running jobs are asked to let go. The last claim is waited for first, or it would take what they let go.
async fn patience(stop: CancellationToken, fetching: JoinHandle<()>, drain: CancellationToken, over: CancellationToken, most: Duration) {
    tokio::select! {
        () = over.cancelled() => return,
        () = stop.cancelled() => {}
    }
    let asking = async {
        tokio::time::sleep(most).await;
        // A database that hangs must not keep the handlers from being asked.
        let _ = tokio::time::timeout(CLAIM_PATIENCE, fetching).await;
        drain.cancel();
    };
    tokio::select! {
        () = over.cancelled() => {}
        () = asking => {}
    }
}

async fn write_notes(db: Db, mut notes: mpsc::UnboundedReceiver<Note>, settings: Settings, end: CancellationToken) {
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            received = notes.recv_many(&mut batch, 10_000) => if received == 0 { return },
            () = end.cancelled() => {
                notes.close();
                if notes.recv_many(&mut batch, 10_000).await == 0 { return }
            }
        }
        if !end.is_cancelled() {
            // Gather for a moment: a chatty handler costs one statement, not one for each line.
            let linger = tokio::time::sleep(Duration::from_millis(settings.notes_ms.into()));
            tokio::pin!(linger);
            loop {
                tokio::select! {
                    () = &mut linger => break,
                    () = end.cancelled() => break,
                    received = notes.recv_many(&mut batch, 10_000) => if received == 0 { break },
                }
            }
        }
        if let Err(error) = notes::write(&db, &batch, settings.log_bytes_max).await {
            tracing::warn!(%error, notes = batch.len(), "log lines of jobs were not written");
        }
        batch.clear();
    }
}
