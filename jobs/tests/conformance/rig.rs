//! A database with a queue on it, and what a worker does, step by step.

use std::sync::Arc;
use std::time::Duration;

use entities::id::JobId;
use entities::{job, job_attempt};
use jobs::store::claim::{Claim, Claimed, Turn};
use jobs::store::finish::{self, Finished};
use jobs::{Carrier, Enqueued, JobError, NewJob, Node, Outcome, Pool, Queue, Settings, commit};
use platform::{Db, Ids, SystemClock, SystemRng, Tasks};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::json;
use testkit::{Database, Kind};

pub const POOL: Pool = Pool::Simulation;

pub struct Rig {
    pub database: Database,
    pub queue: Queue,
    pub tasks: Tasks,
}

/// One process of several on the same database.
pub struct Process {
    pub node: Node,
    pub tasks: Tasks,
}

pub fn job() -> NewJob {
    NewJob {
        kind: "probe".into(),
        pool: POOL.name().into(),
        payload: json!({ "action": "succeed" }),
        priority: 4,
        delay: Duration::ZERO,
        failures_max: 3,
        deaths_max: 3,
        unique: None,
        concurrency: None,
        resource: None,
        trace_id: None,
        created_by: None,
    }
}

pub fn boom() -> Outcome {
    Outcome::Errored(JobError::new("boom", "it went boom"))
}

pub fn settings() -> Settings {
    Settings { lease_seconds: 2, poll_ms: 100, ..Settings::default() }
}

impl Rig {
    pub async fn new(kind: Kind) -> Self {
        let database = Database::new(kind).await;
        let tasks = Tasks::new();
        let queue = Queue::new(Ids::new(Arc::new(SystemClock)), carrier(&database).start(&tasks));
        Self { database, queue, tasks }
    }

    pub fn db(&self) -> &Db {
        &self.database.db
    }

    pub async fn enqueue(&self, jobs: Vec<NewJob>) -> Vec<Enqueued> {
        let txn = self.db().write().await.expect("a transaction");
        let (enqueued, wake) = self.queue.enqueue_all(&txn, jobs).await.expect("the jobs are taken");
        commit(txn, wake).await.expect("the commit");
        enqueued
    }

    pub async fn enqueue_one(&self, job: NewJob) -> JobId {
        self.enqueue(vec![job]).await[0].id
    }

    /// Up to so many jobs, asked for until none come, as a pool does.
    pub async fn claim(&self, jobs_max: u32) -> Vec<Claimed> {
        let (mut turn, mut claimed) = (Turn::default(), Vec::new());
        loop {
            let left = jobs_max - u32::try_from(claimed.len()).expect("a few jobs");
            let claim = Claim { pool: POOL, worker: "tester", lease_ms: 60_000, jobs_max: left };
            let more = if left == 0 { Vec::new() } else { turn.claim(self.db(), &claim).await.expect("the claim") };
            if more.is_empty() {
                return claimed;
            }
            claimed.extend(more);
        }
    }

    /// End an attempt. Answers whether it was recorded.
    pub async fn finish(&self, job: &Claimed, outcome: Outcome) -> bool {
        let finished = Finished { job_id: job.id, attempt: job.attempt, outcome, backoff: Duration::ZERO, keyed: job.keyed };
        !finish::finish(self.db(), &[finished]).await.expect("the end is written").is_empty()
    }

    pub async fn row(&self, id: JobId) -> job::Model {
        job::Entity::find_by_id(id).one(self.db().connection()).await.expect("it answers").expect("the job is there")
    }

    pub async fn attempts(&self, id: JobId) -> Vec<job_attempt::Model> {
        job_attempt::Entity::find()
            .filter(job_attempt::Column::JobId.eq(id))
            .order_by_asc(job_attempt::Column::Attempt)
            .all(self.db().connection())
            .await
            .expect("it answers")
    }

    /// An id as SQL spells it.
    pub fn hex(&self, id: JobId) -> String {
        let plain = uuid::Uuid::from(id).as_simple().to_string();
        if self.database.kind == Kind::Sqlite { format!("x'{plain}'") } else { format!("'{plain}'") }
    }

    /// What a worker that died leaves behind after a while.
    pub async fn let_leases_run_out(&self) {
        self.database.execute("UPDATE jobs SET lease_until = 1 WHERE state = 'running'").await;
    }

    /// Another process on the same database, with connections, wake-ups and leases of its own.
    pub async fn process(&self, name: &str) -> Process {
        self.process_with(name, settings()).await
    }

    pub async fn process_with(&self, name: &str, settings: Settings) -> Process {
        let (db, tasks) = (self.database.again().await, Tasks::new());
        let bus = carrier(&self.database).start(&tasks);
        let node = Node::start(db, bus, Arc::new(SystemRng), settings, tasks.clone(), name.into());
        Process { node, tasks }
    }
}

impl Process {
    /// End as a process that was asked to.
    pub async fn shut_down(self) {
        self.tasks.stop().cancel();
        self.node.end();
        self.tasks.shut_down().await;
    }
}

fn carrier(database: &Database) -> Carrier {
    match (database.kind, database.redis_url()) {
        (_, Some(url)) => Carrier::Redis(url),
        (Kind::Sqlite, None) => Carrier::None,
        (_, None) => Carrier::Postgres(database.url.clone()),
    }
}
