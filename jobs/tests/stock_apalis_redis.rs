//! Why the rows are the truth: what `apalis-redis` 1.0.0 does to jobs when it carries them itself. ADR 0001 stands on this.
//!
//! Each test says that a defect is still there. When one fails, the crate has been mended: read ADR 0001 again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use apalis::prelude::{BoxDynError, Data, TaskId, WorkerBuilder, WorkerBuilderExt as _};
use apalis_core::backend::TaskSink as _;
use apalis_redis::{Config, RedisStorage};
use jobs::ingress::{Message, Producer};
use platform::{Ids, SystemClock, Tasks};
use redis::aio::MultiplexedConnection;
use serde_json::{Value, json};
use testkit::{shared_redis_url, until};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use uuid::Uuid;

const MENDED: &str = "apalis-redis does better than 1.0.0 did: read docs/adr/0001-the-row-is-the-truth.md again";

fn queue() -> String {
    format!("stock-{}", Ids::new(Arc::new(SystemClock)).next::<Uuid>())
}

async fn storage(config: Config) -> RedisStorage<Value> {
    let connection = apalis_redis::connect(shared_redis_url()).await.expect("Redis answers");
    RedisStorage::new(connection).with_config(config)
}

async fn redis() -> MultiplexedConnection {
    let client = redis::Client::open(shared_redis_url()).expect("a Redis URL");
    client.get_multiplexed_async_connection().await.expect("Redis answers")
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_fetch_breaks_at_eight_thousand_due_jobs() {
    let queue = queue();
    let producer = Producer::connect(&shared_redis_url(), &queue).await.expect("Redis answers");
    let due = |n: u32| (n.to_string(), Message { kind: "probe".into(), payload: json!(n) });
    producer.push_all((0..8_000).map(due)).await.expect("Redis takes them");
    let storage = storage(Config::default().queue(queue.as_str())).await;
    let worker = WorkerBuilder::new("stock").backend(storage).build(|_: Value| async { Ok::<_, BoxDynError>(()) });
    let ended = tokio::time::timeout(Duration::from_secs(10), worker.run()).await.expect(MENDED);
    let error = ended.expect_err(MENDED).to_string();
    assert!(error.contains("too many results to unpack"), "{error}");
    let left: usize = redis::cmd("ZCARD").arg(format!("{queue}:scheduled")).query_async(&mut redis().await).await.expect("Redis answers");
    assert_eq!(left, 8_000, "nothing was done, and the next worker meets the same: {MENDED}");
}

/// How often each task has been started, and the gate at which all of them wait.
#[derive(Clone)]
struct Starts {
    by_id: Arc<Mutex<HashMap<String, u32>>>,
    gate: Arc<Semaphore>,
}

impl Starts {
    fn most(&self) -> u32 {
        self.by_id.lock().expect("not poisoned").values().copied().max().unwrap_or_default()
    }
}

async fn wait_at_the_gate(_: Value, id: TaskId, starts: Data<Starts>) -> Result<(), BoxDynError> {
    *starts.by_id.lock().expect("not poisoned").entry(id.to_string()).or_default() += 1;
    let _pass = starts.gate.acquire().await?;
    Ok(())
}

/// A queue with three tasks, and what its workers do.
struct Trial {
    config: Config,
    starts: Starts,
    tasks: Tasks,
}

impl Trial {
    async fn new(batch_size: usize) -> Self {
        let config = Config::default().queue(queue()).batch_size(batch_size);
        let config = Config { heartbeat_interval: Duration::from_secs(1), missed_heartbeats: 2, ..config };
        storage(config.clone()).await.push_bulk(vec![json!(1), json!(2), json!(3)]).await.expect("Redis takes them");
        Self { config, starts: Starts { by_id: Arc::default(), gate: Arc::new(Semaphore::new(0)) }, tasks: Tasks::new() }
    }

    async fn work(&self, name: &'static str, concurrency: usize) -> JoinHandle<()> {
        let (storage, starts) = (storage(self.config.clone()).await, self.starts.clone());
        self.tasks.spawn("stock worker", async move {
            let worker = WorkerBuilder::new(name).backend(storage).concurrency(concurrency).data(starts).build(wait_at_the_gate);
            if let Err(error) = worker.run().await {
                tracing::info!(%error, name, "the stock worker fell");
            }
        })
    }

    /// When the worker last gave a sign of life, in seconds.
    async fn heartbeat(&self, worker: &str) -> u64 {
        redis::cmd("ZSCORE").arg(self.config.workers_set()).arg(worker).query_async(&mut redis().await).await.expect("Redis answers")
    }
}

/// Two workers, both well. The first takes all three tasks, runs one and keeps two in its buffer; while it does, it gives no sign of life.
#[tokio::test(flavor = "multi_thread")]
async fn a_buffered_batch_loses_its_heartbeat_and_runs_twice() {
    let trial = Trial::new(10).await;
    let first = trial.work("first", 1).await;
    until("the first job starts", async || trial.starts.most() == 1).await;
    let second = trial.work("second", 3).await;
    until(&format!("a job that still runs is started again ({MENDED})"), async || trial.starts.most() == 2).await;
    first.abort();
    second.abort();
}

/// The same without a buffer: so it is the buffer.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_buffered_batch_the_heartbeat_stays_and_each_runs_once() {
    let trial = Trial::new(1).await;
    let first = trial.work("first", 1).await;
    until("the first job starts", async || trial.starts.most() == 1).await;
    let began = trial.heartbeat("first").await;
    let second = trial.work("second", 3).await;
    until("the first worker gives signs of life past its patience", async || trial.heartbeat("first").await > began + 3).await;
    assert_eq!(trial.starts.most(), 1);
    first.abort();
    second.abort();
}
