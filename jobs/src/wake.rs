//! Wake-ups make the queue fast, never correct: every worker looks each second anyway.

use std::collections::BTreeSet;
use std::sync::Arc;

use entities::id::JobId;
use tokio::sync::{Notify, broadcast, mpsc};

use crate::policy::Pool;

/// Cancellations that a process may be behind with before it reads them from the rows instead.
const CANCELS_HELD: usize = 1_024;

/// Tells this process's workers, and through [`Signal`]s those of the others, that there is something to do.
#[derive(Debug, Clone)]
pub struct WakeBus {
    pools: Arc<[Notify; Pool::ALL.len()]>,
    cancels: broadcast::Sender<JobId>,
    remote: Option<mpsc::UnboundedSender<Signal>>,
}

/// What travels between processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    Work(Pool),
    Cancel(JobId),
}

impl WakeBus {
    /// A bus inside this process only.
    #[must_use]
    pub fn local() -> Self {
        Self { pools: Arc::default(), cancels: broadcast::channel(CANCELS_HELD).0, remote: None }
    }

    /// A bus whose signals a carrier takes to the other processes.
    #[must_use]
    pub fn with_remote(remote: mpsc::UnboundedSender<Signal>) -> Self {
        Self { remote: Some(remote), ..Self::local() }
    }

    /// Resolves when there may be work in the pool. A wake-up that came before the call is not lost.
    pub async fn work(&self, pool: Pool) {
        self.pools[pool as usize].notified().await;
    }

    /// The jobs that somebody asked to cancel, as they come.
    #[must_use]
    pub fn cancels(&self) -> broadcast::Receiver<JobId> {
        self.cancels.subscribe()
    }

    /// Hand a signal to the workers of this process.
    pub fn deliver(&self, signal: Signal) {
        match signal {
            Signal::Work(pool) => self.pools[pool as usize].notify_one(),
            // Nobody listens in a process without workers.
            Signal::Cancel(job) => {
                let _ = self.cancels.send(job);
            }
        }
    }

    /// Let the workers of this process look once, whatever may have been missed.
    pub(crate) fn deliver_all_work(&self) {
        for pool in Pool::ALL {
            self.deliver(Signal::Work(pool));
        }
    }

    /// Hand a signal to the workers of every process.
    pub fn send(&self, signal: Signal) {
        self.deliver(signal);
        if let Some(remote) = &self.remote {
            // The carrier ends only with the process; the poll each second covers its last moments.
            let _ = remote.send(signal);
        }
    }
}

/// Wake-ups that wait for a commit. Drop it and the job starts up to a second late.
#[derive(Debug)]
#[must_use = "pass it to `jobs::commit`, or the job waits for the next poll"]
pub struct Wake {
    bus: WakeBus,
    signals: BTreeSet<Signal>,
}

impl Wake {
    pub(crate) fn new(bus: WakeBus, signals: impl IntoIterator<Item = Signal>) -> Self {
        Self { bus, signals: signals.into_iter().collect() }
    }

    /// Both together.
    pub fn and(mut self, other: Self) -> Self {
        self.signals.extend(other.signals);
        self
    }

    /// Wake the workers. [`commit`](crate::commit) does it after the commit.
    pub fn send(self) {
        for signal in self.signals {
            self.bus.send(signal);
        }
    }
}
