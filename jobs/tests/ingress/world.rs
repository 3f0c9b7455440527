//! A database, a queue in Redis, and the processes that read it.

use std::sync::Arc;
use std::time::Duration;

use jobs::ingress::{Ingress, Message, Producer, Settings};
use jobs::{Queue, WakeBus};
use platform::{Ids, SystemClock, Tasks};
use redis::AsyncConnectionConfig;
use serde_json::{Value, json};
use testkit::{Database, Kind, until};
use uuid::Uuid;

pub struct World {
    pub database: Database,
    pub queue: Queue,
    pub redis_url: String,
    /// The ingress queue's name, nobody else's.
    pub name: String,
    pub tasks: Tasks,
}

pub fn probe() -> Value {
    json!({ "action": "succeed" })
}

/// `n` jobs with task ids of their own.
pub fn probes(ids: std::ops::Range<u32>) -> impl Iterator<Item = (String, Message)> {
    ids.map(|n| (format!("task-{n}"), Message { kind: "probe".into(), payload: probe() }))
}

impl World {
    pub async fn new(kind: Kind) -> Self {
        Self::at(kind, testkit::shared_redis_url()).await
    }

    pub async fn at(kind: Kind, redis_url: String) -> Self {
        let database = Database::new(kind).await;
        let ids = Ids::new(Arc::new(SystemClock));
        let name = format!("ingress-{}", ids.next::<Uuid>());
        Self { database, queue: Queue::new(ids, WakeBus::local()), redis_url, name, tasks: Tasks::new() }
    }

    /// Read the queue as a process with default settings does.
    pub fn read(&self) {
        self.read_with(Settings::default());
    }

    pub fn read_with(&self, settings: Settings) {
        let queues = if settings.queues.is_empty() { vec![self.name.clone()] } else { settings.queues };
        let ingress = Ingress::new(Settings { queues, ..settings }, Some(&self.redis_url)).expect("the settings are good");
        ingress.start(&self.database.db, &self.queue, &self.tasks);
    }

    pub async fn producer(&self) -> Producer {
        Producer::connect(&self.redis_url, &self.name).await.expect("Redis answers")
    }

    pub async fn jobs(&self) -> i64 {
        self.database.count("SELECT count(*) FROM jobs").await
    }

    /// Resolves when so many jobs have come in and nothing is left in Redis.
    pub async fn all_in(&self, jobs: i64) {
        until(&format!("{jobs} jobs are in"), async || self.jobs().await >= jobs).await;
        until("Redis is empty", async || self.left_in_redis().await == 0).await;
        assert_eq!(self.jobs().await, jobs, "each came in once");
        assert_eq!(self.database.count("SELECT count(DISTINCT job_id) FROM ingress_messages").await, jobs);
    }

    /// Tasks and bodies of the queue that are still in Redis.
    pub async fn left_in_redis(&self) -> usize {
        let name = &self.name;
        let mut connection = self.redis().await;
        let (timed, moved, bodies): (usize, usize, usize) = redis::pipe()
            .zcard(format!("{name}:scheduled"))
            .llen(format!("{name}:active"))
            .hlen(format!("{name}:data"))
            .query_async(&mut connection)
            .await
            .expect("Redis answers");
        timed + moved + bodies
    }

    /// What the dead list says, oldest first.
    pub async fn dead(&self) -> Vec<Value> {
        let mut command = redis::cmd("LRANGE");
        let dead: Vec<String> = command
            .arg(format!("{}:ingress:dead", self.name))
            .arg(0)
            .arg(-1)
            .query_async(&mut self.redis().await)
            .await
            .expect("Redis answers");
        dead.iter().rev().map(|text| serde_json::from_str(text).expect("it is JSON")).collect()
    }

    /// Put a task into Redis as `apalis-redis` does, whatever its body.
    pub async fn push_raw(&self, task_id: &[u8], body: &[u8]) {
        let name = &self.name;
        redis::pipe()
            .hset(format!("{name}:data"), task_id, body)
            .zadd(format!("{name}:scheduled"), task_id, 1)
            .query_async::<()>(&mut self.redis().await)
            .await
            .expect("Redis takes it");
    }

    /// Whether some process has the turn to read the queue.
    pub async fn being_read(&self) -> bool {
        self.exists("ingress:reader").await
    }

    /// Whether the queue has a key of that name.
    pub async fn exists(&self, key: &str) -> bool {
        let key = format!("{}:{key}", self.name);
        redis::cmd("EXISTS").arg(key).query_async(&mut self.redis().await).await.expect("Redis answers")
    }

    pub async fn redis(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.redis_url.as_str()).expect("a Redis URL");
        let patient = AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(20)));
        client.get_multiplexed_async_connection_with_config(&patient).await.expect("Redis answers")
    }
}
