//! How wake-ups and cancellations cross from one process to another: over Redis where there is one, else over PostgreSQL's `NOTIFY`.
//! Both may lose signals; nothing depends on them.

mod postgres;
mod redis;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use platform::Tasks;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::policy::Pool;
use crate::wake::{Signal, WakeBus};

/// How long a carrier waits before it connects again.
const RECONNECT: Duration = Duration::from_millis(500);

/// What carries signals between the processes.
#[derive(Debug, Clone)]
pub enum Carrier {
    /// One process, or nothing but the poll: SQLite.
    None,
    /// `redis://…`: channels `tallyman:wake:{pool}` and `tallyman:cancel`.
    Redis(String),
    /// `postgres://…`: channels `tallyman_wake` and `tallyman_cancel`.
    Postgres(String),
}

impl Carrier {
    /// A bus whose signals travel over this carrier, with the tasks that send and receive them.
    #[must_use]
    pub fn start(self, tasks: &Tasks) -> WakeBus {
        let (signals, outgoing) = mpsc::unbounded_channel();
        match self {
            Self::None => WakeBus::local(),
            Self::Redis(url) => {
                let bus = WakeBus::with_remote(signals);
                tasks.spawn("send wake-ups over Redis", redis::send(url.clone(), outgoing, tasks.stop()));
                tasks.spawn("receive wake-ups over Redis", redis::receive(url, bus.clone(), tasks.stop()));
                bus
            }
            Self::Postgres(url) => {
                let bus = WakeBus::with_remote(signals);
                tasks.spawn("send wake-ups over PostgreSQL", postgres::send(url.clone(), outgoing, tasks.stop()));
                tasks.spawn("receive wake-ups over PostgreSQL", postgres::receive(url, bus.clone(), tasks.stop()));
                bus
            }
        }
    }
}

/// A signal as two words: what it is and whom it is about.
fn spell(signal: Signal) -> (&'static str, String) {
    match signal {
        Signal::Work(pool) => ("wake", pool.name().to_owned()),
        Signal::Cancel(job) => ("cancel", job.to_string()),
    }
}

fn read(what: &str, whom: &str) -> Option<Signal> {
    match what {
        "wake" => Pool::named(whom).map(Signal::Work),
        "cancel" => whom.parse().ok().map(Signal::Cancel),
        _ => None,
    }
}

/// Everything that waits, each signal once: a thousand wake-ups for one pool are one message. `None` when the process ends.
async fn next(outgoing: &mut mpsc::UnboundedReceiver<Signal>, stop: &CancellationToken) -> Option<BTreeSet<Signal>> {
    let mut signals = BTreeSet::from([stop.run_until_cancelled(outgoing.recv()).await??]);
    while let Ok(signal) = outgoing.try_recv() {
        signals.insert(signal);
    }
    Some(signals)
}

/// Whether it was told that the line is broken.
#[derive(Debug, Clone, Default)]
struct Told(Arc<AtomicBool>);

impl Told {
    /// The line carries: the next time that it breaks is told again.
    fn forget(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    fn is_new(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }
}

/// Listen until the process ends, and again whenever the line breaks, which is told once until it carries again.
async fn keep_listening<E, L>(carrier: &str, bus: &WakeBus, stop: &CancellationToken, listen: impl Fn(Told) -> L)
where
    E: std::fmt::Display,
    L: Future<Output = Result<(), E>>,
{
    let told = Told::default();
    while let Some(ended) = stop.run_until_cancelled(listen(told.clone())).await {
        if let Err(error) = ended
            && told.is_new()
        {
            tracing::warn!(%error, "{carrier} carries no wake-ups; workers poll until it does again");
        }
        // What was sent meanwhile is gone: let every pool look once.
        bus.deliver_all_work();
        if stop.run_until_cancelled(tokio::time::sleep(RECONNECT)).await.is_none() {
            return;
        }
    }
}

/// The version of the Redis server at `url`.
///
/// # Errors
/// When it does not answer.
pub async fn redis_version(url: &str) -> Result<String, ::redis::RedisError> {
    redis::version(url).await
}

#[cfg(test)]
mod tests {
    use super::Told;

    #[test]
    fn a_break_is_told_once_and_again_when_the_line_has_carried() {
        let told = Told::default();
        assert!(told.is_new() && !told.is_new());
        told.clone().forget();
        assert!(told.is_new());
    }
}
