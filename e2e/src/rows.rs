//! The queue's rows, past every process: a test puts jobs in and looks at what became of them.

use std::sync::Arc;
use std::time::Duration;

use domain::{Domain, Ports};
use entities::id::JobId;
use entities::{Timestamp, job, job_attempt};
use jobs::kinds::{Probe, ProbeAction};
use jobs::{Carrier, NewJob, Queue, commit};
use platform::{Db, DbSettings, Ids, SystemClock, SystemRng, Tasks};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _, QueryResult, Statement};
use testkit::until_within;

/// How many jobs go into one statement.
const JOBS_MAX: usize = 2_000;

/// The rows of one database.
pub struct Rows {
    db: Db,
    queue: Queue,
    tasks: Tasks,
}

impl Rows {
    /// # Panics
    /// When the database cannot be opened.
    pub async fn open(url: &str, carrier: Carrier) -> Self {
        let tasks = Tasks::new();
        let queue = Queue::new(Ids::new(Arc::new(SystemClock)), carrier.start(&tasks));
        let db = Db::connect(&DbSettings::default(), url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
        Self { db, queue, tasks }
    }

    /// A probe.
    ///
    /// # Panics
    /// When it cannot be written as JSON.
    #[must_use]
    pub fn probe(action: ProbeAction) -> NewJob {
        NewJob::of(&Probe { action, concurrency: None }).expect("a probe is JSON")
    }

    /// A probe that takes this long.
    #[must_use]
    pub fn wait(wait: Duration) -> NewJob {
        Self::probe(ProbeAction::Wait { wait_ms: wait.as_millis().try_into().unwrap_or(u64::MAX) })
    }

    /// Put one job in.
    ///
    /// # Panics
    /// When the database does not take it.
    pub async fn put(&self, job: NewJob) -> JobId {
        self.put_all(vec![job]).await.expect("the job is taken")[0]
    }

    /// Put many jobs in, all or (of some thousands) those before the error.
    ///
    /// # Errors
    /// When the database does not take them.
    pub async fn put_all(&self, jobs: Vec<NewJob>) -> Result<Vec<JobId>, Box<dyn std::error::Error>> {
        let mut ids = Vec::with_capacity(jobs.len());
        for jobs in jobs.chunks(JOBS_MAX) {
            let txn = self.db.write().await?;
            let (enqueued, wake) = self.queue.enqueue_all(&txn, jobs.to_vec()).await?;
            commit(txn, wake).await?;
            ids.extend(enqueued.into_iter().map(|job| job.id));
        }
        Ok(ids)
    }

    /// # Panics
    /// When the job is not there.
    pub async fn job(&self, id: JobId) -> job::Model {
        job::Entity::find_by_id(id).one(self.db.connection()).await.expect("it answers").expect("the job is there")
    }

    /// The attempts of a job, first to last.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn attempts(&self, id: JobId) -> Vec<job_attempt::Model> {
        job_attempt::Entity::find()
            .filter(job_attempt::Column::JobId.eq(id))
            .order_by_asc(job_attempt::Column::Attempt)
            .all(self.db.connection())
            .await
            .expect("it answers")
    }

    /// How each attempt of a job ended, first to last.
    pub async fn outcomes(&self, id: JobId) -> Vec<&'static str> {
        self.attempts(id).await.into_iter().map(|attempt| attempt.outcome.map_or("open", job_attempt::Outcome::name)).collect()
    }

    /// Wait until a job is in this state.
    ///
    /// # Panics
    /// When it does not get there in a minute.
    pub async fn until_state(&self, id: JobId, state: job::State) -> job::Model {
        let mut seen = None;
        let what = format!("{id} is {}", state.name());
        until_within(Duration::from_mins(1), &what, async || {
            let job = job::Entity::find_by_id(id).one(self.db.connection()).await;
            seen = job.ok().flatten().filter(|job| job.state == state);
            seen.is_some()
        })
        .await;
        seen.expect("the wait ended with it")
    }

    /// Wait until a handler has begun with a job: its attempt has said its first line.
    ///
    /// # Panics
    /// When none has in half a minute.
    pub async fn until_begun(&self, id: JobId) {
        until_within(Duration::from_secs(30), &format!("somebody begins with {id}"), async || {
            self.attempts(id).await.last().is_some_and(|attempt| attempt.finished_at.is_none() && attempt.log.is_some())
        })
        .await;
    }

    /// The number that a statement answers.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn try_count(&self, sql: &str) -> Result<i64, DbErr> {
        self.one(sql).await?.try_get_by_index(0)
    }

    /// The text that a statement answers.
    ///
    /// # Panics
    /// When the database does not answer a text.
    pub async fn text(&self, sql: &str) -> String {
        self.one(sql).await.and_then(|row| row.try_get_by_index(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    async fn one(&self, sql: &str) -> Result<QueryResult, DbErr> {
        let row = self.db.query_one_raw(Statement::from_string(self.db.get_database_backend(), sql)).await?;
        row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))
    }

    /// # Panics
    /// When the database does not answer.
    pub async fn count(&self, sql: &str) -> i64 {
        self.try_count(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The rules over these rows, as a process without ports has them.
    #[must_use]
    pub fn rules(&self) -> Domain {
        let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
        Domain::new(self.db.clone(), self.queue.clone(), clock, rng, domain::Settings::default(), Ports::default())
    }

    /// Wait until a statement answers this number or more.
    ///
    /// # Panics
    /// When it does not within `patience`.
    pub async fn until_at_least(&self, patience: Duration, sql: &str, number: i64) {
        until_within(patience, sql, async || self.try_count(sql).await.is_ok_and(|count| count >= number)).await;
    }

    /// Wait until a statement answers this number.
    ///
    /// # Panics
    /// When it does not within `patience`.
    pub async fn until_count(&self, patience: Duration, sql: &str, number: i64) {
        let mut last = None;
        let what = format!("{sql} = {number}");
        until_within(patience, &what, async || {
            last = self.try_count(sql).await.ok();
            last == Some(number)
        })
        .await;
    }

    /// # Panics
    /// When the database refuses.
    pub async fn execute(&self, sql: &str) {
        self.db.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The database's time.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn now(&self) -> Timestamp {
        jobs::store::server::now(&self.db).await.expect("it answers")
    }

    /// The story of every job together: how many there are, and that each succeeded, once, in its first attempt.
    ///
    /// # Panics
    /// When one did not.
    pub async fn each_ran_once(&self, jobs: i64) {
        self.each_succeeded_once(jobs).await;
        assert_eq!(
            self.count("SELECT count(*) FROM jobs WHERE attempt <> 1 OR deaths <> 0 OR failures <> 0").await,
            0,
            "a first attempt each"
        );
        assert_eq!(self.count("SELECT count(*) FROM job_attempts").await, jobs, "and no other attempt");
    }

    /// Each job succeeded, and exactly one result was recorded for it, however many attempts that took.
    ///
    /// # Panics
    /// When one did not.
    pub async fn each_succeeded_once(&self, jobs: i64) {
        assert_eq!(self.count("SELECT count(*) FROM jobs").await, jobs, "no job was lost");
        assert_eq!(self.count("SELECT count(*) FROM jobs WHERE state <> 'succeeded'").await, 0, "every job succeeded");
        let twice =
            "SELECT count(*) FROM (SELECT job_id FROM job_attempts WHERE outcome = 'succeeded' GROUP BY job_id HAVING count(*) <> 1) t";
        assert_eq!(self.count(twice).await, 0, "no result was recorded twice");
        assert_eq!(self.count("SELECT count(*) FROM job_attempts WHERE outcome = 'succeeded'").await, jobs, "one result each");
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        self.tasks.stop().cancel();
    }
}
