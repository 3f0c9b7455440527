//! An installation in a test: a database of its own, the rules, a fake sandbox, and a worker that works when it is told to.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use domain::entities::id::{ExecutionId, JobId};
use domain::entities::{event, execution, execution_log, job, job_attempt};
use domain::executions::{Execution, LogEntry};
use domain::{Domain, Ports, Settings};
use futures::FutureExt as _;
use jobs::kinds::JobKind;
use jobs::{Delivery, JobError, NewJob, Node, Outcome, Pool, Queue, WakeBus, commit};
use platform::{Clock as _, Ids, ManualClock, SystemClock, SystemRng, Tasks};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use workers::dispatch::Dispatch;
use workers::handlers;
use workers::pools::Handle as _;

use crate::history::History;
use crate::{Database, FakeCluster, FakeHttpOut, FakeMailer, FakeSandbox, FakeSecrets, Kind};

/// How long the worker looks for a job before it asks again whether there is one.
const LOOK: Duration = Duration::from_millis(20);

/// One installation.
pub struct World {
    pub database: Database,
    pub domain: Domain,
    pub sandbox: Arc<FakeSandbox>,
    pub mailer: Arc<FakeMailer>,
    pub http: Arc<FakeHttpOut>,
    /// Stands still until a test moves it. What the database decides follows the database's own clock.
    pub clock: Arc<ManualClock>,
    dispatch: Dispatch,
    node: Node,
    tasks: Tasks,
}

impl World {
    /// A world on SQLite.
    pub async fn new() -> Self {
        Self::on(Kind::Sqlite).await
    }

    pub async fn on(kind: Kind) -> Self {
        Self::with(kind, Settings::default()).await
    }

    pub async fn with(kind: Kind, settings: Settings) -> Self {
        Self::built(kind, settings, None).await
    }

    /// On a cluster whose treasury is the house's.
    pub async fn on_cluster(kind: Kind, settings: Settings, cluster: &Arc<FakeCluster>) -> Self {
        Self::built(kind, settings, Some(Arc::clone(cluster))).await
    }

    async fn built(kind: Kind, settings: Settings, cluster: Option<Arc<FakeCluster>>) -> Self {
        let (database, tasks) = (Database::new(kind).await, Tasks::new());
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let bus = WakeBus::local();
        let queue = Queue::new(Ids::new(Arc::clone(&clock) as Arc<_>), bus.clone());
        let sandbox = Arc::new(FakeSandbox::default());
        let mailer = Arc::new(FakeMailer::default());
        let http = Arc::new(FakeHttpOut::default());
        let ports = Ports {
            sandbox: Some(Arc::clone(&sandbox) as Arc<_>),
            schema: Some(Arc::new(History(database.db.clone()))),
            mailer: Some(Arc::clone(&mailer) as Arc<_>),
            secrets: Some(Arc::new(FakeSecrets)),
            http_out: Some(Arc::clone(&http) as Arc<_>),
            chain: cluster.clone().map(|cluster| cluster as Arc<_>),
            treasury: cluster.map(|cluster| cluster as Arc<_>),
            limiter: None,
        };
        let domain = Domain::new(database.db.clone(), queue, Arc::clone(&clock) as Arc<_>, Arc::new(SystemRng), settings, ports);
        let jobs = jobs::Settings { poll_ms: 20, ..jobs::Settings::default() };
        let node = Node::start(database.db.clone(), bus, Arc::new(SystemRng), jobs.clone(), tasks.clone(), "world".into());
        let dispatch = Dispatch::new(domain.clone(), handlers::Settings { probes_may_abort: false, jobs, trouble_seconds_max: 3_600 });
        Self { database, domain, sandbox, mailer, http, clock, dispatch, node, tasks }
    }

    /// The same installation as another process sees it, with other ports.
    #[must_use]
    pub fn domain_with(&self, ports: Ports) -> Domain {
        self.domain_of(self.domain.settings().clone(), ports)
    }

    /// The same installation as another process sees it, with other settings.
    #[must_use]
    pub fn domain_set(&self, settings: Settings) -> Domain {
        self.domain_of(settings, self.domain.ports().clone())
    }

    fn domain_of(&self, settings: Settings, ports: Ports) -> Domain {
        let (queue, clock) = (self.domain.queue().clone(), Arc::clone(&self.clock) as Arc<_>);
        Domain::new(self.database.db.clone(), queue, clock, Arc::new(SystemRng), settings, ports)
    }

    /// Put a job into the queue.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn enqueue(&self, job: NewJob) -> JobId {
        self.enqueue_all(vec![job]).await[0]
    }

    /// Put many jobs into the queue.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn enqueue_all(&self, jobs: Vec<NewJob>) -> Vec<JobId> {
        let txn = self.database.db.write().await.expect("a transaction");
        let (enqueued, wake) = self.domain.queue().enqueue_all(&txn, jobs).await.expect("the queue takes the jobs");
        commit(txn, wake).await.expect("the commit");
        enqueued.into_iter().map(|job| job.id).collect()
    }

    /// Work until nothing is due, through claim, dispatch and finish as in a worker. What waits for a later time stays.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn run_jobs(&self) {
        for pool in Pool::ALL.into_iter().cycle() {
            if self.live("1 = 1").await == 0 {
                return;
            }
            let of_pool = format!("pool = '{pool}'");
            if self.live(&of_pool).await == 0 {
                continue;
            }
            let mut engine = self.node.work_for(pool, 1);
            while self.live(&of_pool).await > 0 {
                let Ok(Some((delivery, ticket))) = tokio::time::timeout(LOOK, engine.deliveries.recv()).await else { continue };
                let handled = AssertUnwindSafe(self.dispatch.handle(delivery)).catch_unwind().await;
                ticket.finish(handled.unwrap_or_else(|_| Outcome::Errored(JobError::new("handler-panicked", "it panicked"))));
            }
            engine.stop.cancel();
            drop(engine.deliveries);
            engine.done.await.expect("the ends are written");
        }
    }

    /// What this world's worker says to a delivery.
    pub async fn handle(&self, delivery: Delivery) -> Outcome {
        self.dispatch.handle(delivery).await
    }

    /// Take the next job that is due in the pool `containers`, and let somebody else handle it. Answers what they said.
    ///
    /// # Panics
    /// When there is none.
    pub async fn one_job(&self, handle: impl AsyncFnOnce(Delivery) -> Outcome) -> Outcome {
        self.one_job_of(Pool::Containers, handle).await
    }

    /// The same in another pool.
    ///
    /// # Panics
    /// When there is none.
    pub async fn one_job_of(&self, pool: Pool, handle: impl AsyncFnOnce(Delivery) -> Outcome) -> Outcome {
        let mut engine = self.node.work_for(pool, 1);
        let (delivery, ticket) = engine.deliveries.recv().await.expect("a job is due");
        let outcome = handle(delivery).await;
        engine.stop.cancel();
        ticket.finish(outcome.clone());
        drop((ticket, engine.deliveries));
        engine.done.await.expect("the end is written");
        outcome
    }

    /// How many jobs are due or running.
    async fn live(&self, which: &str) -> i64 {
        let now = self.database.db.engine().now_sql();
        let due = format!("state = 'running' OR (state IN ('queued', 'retrying') AND run_at <= {now})");
        self.database.count(&format!("SELECT count(*) FROM jobs WHERE ({due}) AND {which}")).await
    }

    /// How long from now the job waits, by the database's clock.
    ///
    /// # Panics
    /// When there is no such job.
    pub async fn wait_of(&self, id: JobId) -> Duration {
        let now = jobs::store::server::now(&self.database.db).await.expect("it answers");
        self.job(id).await.run_at.since(now)
    }

    /// Make everything that waits for a later time due now.
    pub async fn skip_waits(&self) {
        self.database.execute("UPDATE jobs SET run_at = 1 WHERE state IN ('queued', 'retrying')").await;
    }

    /// What an operator does who retries every job: each is due again, whatever became of it.
    pub async fn repeat_jobs(&self) {
        let again = "state = 'queued', run_at = 1, failures = 0, finished_at = NULL, cancel_requested_at = NULL";
        self.database.execute(&format!("UPDATE jobs SET {again} WHERE state <> 'running'")).await;
    }

    /// # Panics
    /// When there is no such execution.
    pub async fn execution(&self, id: ExecutionId) -> Execution {
        execution::Entity::find_by_id(id).one(self.database.db.connection()).await.expect("it answers").expect("the execution is there")
    }

    /// # Panics
    /// When the database refuses.
    pub async fn log(&self, id: ExecutionId) -> Vec<LogEntry> {
        let of_it = execution_log::Entity::find().filter(execution_log::Column::ExecutionId.eq(id));
        of_it.order_by_asc(execution_log::Column::Seq).all(self.database.db.connection()).await.expect("it answers")
    }

    /// What was said on a topic: the names of the states, in order.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn told(&self, topic: &str) -> Vec<String> {
        let on_it = event::Entity::find().filter(event::Column::Topic.eq(topic)).order_by_asc(event::Column::Id);
        let events = on_it.all(self.database.db.connection()).await.expect("it answers");
        events.iter().map(|event| event.data["state"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// # Panics
    /// When there is no such job.
    pub async fn job(&self, id: JobId) -> job::Model {
        job::Entity::find_by_id(id).one(self.database.db.connection()).await.expect("it answers").expect("the job is there")
    }

    /// The attempts of a job, first to last.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn attempts(&self, id: JobId) -> Vec<job_attempt::Model> {
        let of_it = job_attempt::Entity::find().filter(job_attempt::Column::JobId.eq(id));
        of_it.order_by_asc(job_attempt::Column::Attempt).all(self.database.db.connection()).await.expect("it answers")
    }

    /// The jobs of a kind, in the order in which they came.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn jobs_of(&self, kind: JobKind) -> Vec<JobId> {
        let of_kind = job::Entity::find().filter(job::Column::Kind.eq(kind.name())).order_by_asc(job::Column::Id);
        of_kind.all(self.database.db.connection()).await.expect("it answers").into_iter().map(|job| job.id).collect()
    }

    /// The end of a story: nothing may be left that waits or runs.
    ///
    /// # Panics
    /// When something is.
    pub async fn finish(self) {
        let live = self.database.count("SELECT count(*) FROM jobs WHERE state IN ('queued', 'running', 'retrying')").await;
        assert_eq!(live, 0, "no job is left");
        let live = self.database.count("SELECT count(*) FROM executions WHERE state IN ('queued', 'running')").await;
        assert_eq!(live, 0, "no execution is left");
        assert_eq!(self.ledger_breaks().await, Vec::<String>::new(), "the ledger keeps its promises");
        self.shut_down().await;
    }

    /// End as a process does, whatever is left.
    pub async fn shut_down(self) {
        self.tasks.stop().cancel();
        self.node.end();
        self.tasks.shut_down().await;
    }
}
