//! The queue alone: `queue DATABASE_URL` migrates the (empty) database and prints one JSON object with the figures.
//!
//! Every job is durable, keeps its result and one row for its attempt. Concurrency is 50, as for the peers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jobs::{Carrier, Concurrency, Delivery, NewJob, Node, Outcome, Pool, Queue, Settings, commit};
use platform::{Db, DbSettings, Engine, Ids, SystemClock, SystemRng, Tasks};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use workers::pools::Handle;

const POOL: Pool = Pool::Simulation;
const CONCURRENCY: u32 = 50;
const JOBS: usize = 20_000;
const SINGLES: usize = 2_000;
const CALLERS: usize = 50;
const BULK: usize = 500;
const LATENCIES: usize = 500;
const KEYS: usize = 100;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// Looks at each delivery as its handler starts.
type Watch = Arc<dyn Fn(&Delivery) + Send + Sync>;

struct Bench {
    db: Db,
    queue: Queue,
    carrier: Carrier,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("usage: queue DATABASE_URL [REDIS_URL]")?;
    let db = Db::connect(&DbSettings { connections_max: 64, ..DbSettings::default() }, &url).await?;
    migrations::apply_all(db.connection(), |_| {}).await?;
    let carrier = match (arguments.next(), db.engine()) {
        (Some(redis), _) => Carrier::Redis(redis),
        (None, Engine::Postgres) => Carrier::Postgres(url),
        (None, Engine::Sqlite) => Carrier::None,
    };
    let tasks = Tasks::new();
    let queue = Queue::new(Ids::new(Arc::new(SystemClock)), carrier.clone().start(&tasks));
    let bench = Arc::new(Bench { db, queue, carrier });
    let one_caller = bench.enqueue_singles(1, SINGLES).await;
    let many_callers = bench.enqueue_singles(CALLERS, 5 * SINGLES).await;
    let bulk = bench.enqueue_bulk(JOBS, None).await;
    let backlog = SINGLES + 5 * SINGLES + JOBS;
    let drain = bench.drain(backlog).await?;
    bench.enqueue_bulk(JOBS, Some(KEYS)).await;
    let drain_keyed = bench.drain(JOBS).await?;
    let (p50, p99) = bench.latency().await?;
    let report = json!({
        "enqueue_1_caller_per_s": one_caller, "enqueue_50_callers_per_s": many_callers, "enqueue_bulk_500_per_s": bulk,
        "drain_per_s": drain, "drain_with_100_keys_per_s": drain_keyed, "start_p50_ms": p50, "start_p99_ms": p99,
    });
    println!("{report}");
    tasks.shut_down().await;
    Ok(())
}

fn job(key: Option<usize>) -> NewJob {
    let limit = |key| Concurrency { key: format!("tenant-{key}"), running_max: Some(5), rate: None };
    NewJob {
        kind: "probe".into(),
        pool: POOL.name().into(),
        payload: json!({ "action": "succeed" }),
        priority: 4,
        delay: Duration::ZERO,
        failures_max: 3,
        deaths_max: 3,
        unique: None,
        concurrency: key.map(limit),
        resource: None,
        trace_id: None,
        created_by: None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate of a few thousand jobs fits a float")]
fn per_second(count: usize, began: Instant) -> f64 {
    (count as f64 / began.elapsed().as_secs_f64()).round()
}

impl Bench {
    async fn enqueue(&self, jobs: Vec<NewJob>) -> Result<(), BoxError> {
        let txn = self.db.write().await?;
        let (_, wake) = self.queue.enqueue_all(&txn, jobs).await?;
        Ok(commit(txn, wake).await?)
    }

    /// Each job its own committed transaction.
    async fn enqueue_singles(self: &Arc<Self>, callers: usize, jobs: usize) -> f64 {
        let (tasks, began) = (Tasks::new(), Instant::now());
        for _ in 0..callers {
            let bench = Arc::clone(self);
            tasks.spawn("enqueue", async move {
                for _ in 0..jobs / callers {
                    bench.enqueue(vec![job(None)]).await.expect("the job is taken");
                }
            });
        }
        tasks.shut_down().await;
        per_second(jobs, began)
    }

    async fn enqueue_bulk(&self, jobs: usize, keys: Option<usize>) -> f64 {
        let began = Instant::now();
        for batch in 0..jobs / BULK {
            let key = |n: usize| keys.map(|keys| (batch * BULK + n) % keys);
            self.enqueue((0..BULK).map(|n| job(key(n))).collect()).await.expect("the jobs are taken");
        }
        per_second(jobs, began)
    }

    async fn drain(&self, jobs: usize) -> Result<f64, BoxError> {
        let done = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&done);
        let began = Instant::now();
        self.work(
            Arc::new(move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
            }),
            async {
                // Asking the database while jobs run would be part of what is measured.
                let mut every = tokio::time::interval(Duration::from_millis(5));
                while done.load(Ordering::Relaxed) < jobs {
                    every.tick().await;
                }
                self.wait_for_ends().await;
            },
        )
        .await?;
        assert_eq!(done.load(Ordering::Relaxed), jobs, "every job runs once");
        Ok(per_second(jobs, began))
    }

    /// From the caller's wish to the handler's start, through an own transaction, one at a time on an idle queue.
    async fn latency(&self) -> Result<(f64, f64), BoxError> {
        let (seen, mut starts) = mpsc::unbounded_channel();
        let note: Watch = Arc::new(move |_| {
            let _ = seen.send(Instant::now());
        });
        let mut waits = Vec::with_capacity(LATENCIES);
        let calls = async {
            let mut every = tokio::time::interval(Duration::from_millis(10));
            every.set_missed_tick_behavior(MissedTickBehavior::Delay);
            for _ in 0..LATENCIES {
                every.tick().await;
                let asked = Instant::now();
                self.enqueue(vec![job(None)]).await.expect("the job is taken");
                let started = starts.recv().await.expect("the worker lives");
                waits.push(started.duration_since(asked).as_secs_f64() * 1_000.0);
            }
        };
        self.work(note, calls).await?;
        waits.sort_by(f64::total_cmp);
        Ok((waits[LATENCIES / 2], waits[LATENCIES * 99 / 100]))
    }

    /// The worker pool as it is shipped, with wake-ups as another process would have them, until `until` resolves.
    async fn work(&self, seen: Watch, until: impl Future<Output = ()>) -> Result<(), BoxError> {
        let tasks = Tasks::new();
        let bus = if matches!(self.carrier, Carrier::None) { self.queue.bus().clone() } else { self.carrier.clone().start(&tasks) };
        let node = Node::start(self.db.clone(), bus, Arc::new(SystemRng), Settings::default(), tasks.clone(), "bench".into());
        let working = workers::pools::work(node, vec![(POOL, CONCURRENCY)], Arc::new(Noop { seen }), tasks.clone());
        let (ended, ()) = tokio::join!(working, async {
            until.await;
            tasks.stop().cancel();
        });
        tasks.shut_down().await;
        ended
    }

    async fn wait_for_ends(&self) {
        use sea_orm::{ConnectionTrait as _, DatabaseBackend, Statement};
        let backend = if self.db.engine() == Engine::Sqlite { DatabaseBackend::Sqlite } else { DatabaseBackend::Postgres };
        let sql = "SELECT 1 FROM jobs WHERE state IN ('queued', 'retrying') UNION ALL SELECT 1 FROM jobs WHERE state = 'running' LIMIT 1";
        let mut every = tokio::time::interval(Duration::from_millis(10));
        while self.db.query_one_raw(Statement::from_string(backend, sql)).await.expect("it answers").is_some() {
            every.tick().await;
        }
    }
}

/// A handler that does nothing.
struct Noop {
    seen: Watch,
}

#[async_trait]
impl Handle for Noop {
    async fn handle(&self, delivery: Delivery) -> Outcome {
        (self.seen)(&delivery);
        Outcome::Succeeded(Value::Null)
    }
}
