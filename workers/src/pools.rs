//! The pools of this process: one apalis worker each, under a monitor that starts a fallen one again after a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use apalis::prelude::{BoxDynError, Monitor, WorkerBuilder};
use jobs::backend::SqlBackend;
use jobs::{Delivery, JobError, Node, Outcome, Pool};
use platform::Tasks;
use tokio::sync::oneshot;

/// How long a worker that fell rests before it is started again.
const REST: Duration = Duration::from_secs(1);

/// What a shutdown tells of the jobs of this process.
#[derive(Default)]
struct Tally {
    running: AtomicU32,
    released: AtomicU32,
}

/// Turns deliveries into outcomes.
#[async_trait::async_trait]
pub trait Handle: Send + Sync + 'static {
    async fn handle(&self, delivery: Delivery) -> Outcome;
}

/// Work for the pools until the process is asked to end and everything that ran has ended or was released.
///
/// # Errors
/// When the monitor gives up a worker.
pub async fn work(node: Node, pools: Vec<(Pool, u32)>, handler: Arc<dyn Handle>, tasks: Tasks) -> Result<(), BoxDynError> {
    let (tally, drain_seconds_max) = (Arc::<Tally>::default(), node.settings().drain_seconds_max);
    let mut monitor = Monitor::new().should_restart(|worker, error| {
        tracing::error!(worker = worker.name(), %error, "a worker fell; it is started again");
        true
    });
    for (pool, concurrency) in pools {
        let (node, handler, own, tally) = (node.clone(), Arc::clone(&handler), tasks.clone(), Arc::clone(&tally));
        monitor = monitor.register(move |starts| {
            let delay = if starts == 0 { Duration::ZERO } else { REST };
            let (handler, tasks, tally) = (Arc::clone(&handler), own.clone(), Arc::clone(&tally));
            WorkerBuilder::new(pool.name())
                .backend(SqlBackend::new(&node, pool, concurrency, delay))
                .build(move |delivery: Delivery| counted(Arc::clone(&tally), run(Arc::clone(&handler), tasks.clone(), delivery)))
        });
    }
    let (stop, seen) = (tasks.stop(), Arc::clone(&tally));
    let signal = async move {
        stop.cancelled().await;
        let running = seen.running.load(Ordering::Relaxed);
        tracing::info!(running, "jobs running: {running}; what has not ended in {drain_seconds_max} s is released");
        Ok(())
    };
    monitor.run_with_signal(signal).await?;
    node.end();
    let released = tally.released.load(Ordering::Relaxed);
    tracing::info!(released, "no job is running any more; released for another worker, or the next start: {released}");
    Ok(())
}

/// Count a job while it runs, and whether it had to be released.
async fn counted(tally: Arc<Tally>, job: impl Future<Output = Result<Outcome, BoxDynError>>) -> Result<Outcome, BoxDynError> {
    tally.running.fetch_add(1, Ordering::Relaxed);
    let outcome = job.await;
    tally.running.fetch_sub(1, Ordering::Relaxed);
    if matches!(outcome, Ok(Outcome::Released)) {
        tally.released.fetch_add(1, Ordering::Relaxed);
    }
    outcome
}

/// Each job has a task of its own: handlers of one pool run side by side, and a panic ends one attempt and nothing else.
/// A job that is still running when the patience of a shutdown is over is dropped and released.
async fn run(handler: Arc<dyn Handle>, tasks: Tasks, delivery: Delivery) -> Result<Outcome, BoxDynError> {
    let (answer, answered) = oneshot::channel();
    let drain = delivery.run.drain().clone();
    let job = tasks.spawn("run a job", async move {
        // Nobody waits any more only when the worker itself fell; the ticket is released then.
        let _ = answer.send(handler.handle(delivery).await);
    });
    let panicked = || Outcome::Errored(JobError::new("handler-panicked", "the handler of the job panicked; the log says where"));
    Ok(tokio::select! {
        outcome = answered => outcome.unwrap_or_else(|_| panicked()),
        () = drain.cancelled() => {
            job.abort();
            Outcome::Released
        }
    })
}
