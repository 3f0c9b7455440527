//! Redis carries wake-ups and nothing else: what happens to it delays work and loses none.

use std::time::{Duration, Instant};

use e2e::{Installation, Private, Process, Rows, Signal, long_campaigns};
use entities::job::State;
use jobs::kinds::ProbeAction;
use rustix::process::{Pid, kill_process};

/// Jobs in each phase of a story.
const JOBS: usize = 200;
const OPEN: &str = "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running', 'retrying')";

struct Story {
    redis: Private,
    url: String,
    installation: Installation,
    rows: Rows,
    workers: [Process; 2],
}

impl Story {
    async fn begin() -> Self {
        let redis = Private::new();
        let url = redis.start("redis");
        let installation = Installation::on_postgres().await.set("REDIS_URL", &url);
        let rows = installation.rows().await;
        let workers = [installation.worker().await, installation.worker().await];
        let story = Self { redis, url, installation, rows, workers };
        story.ask().await;
        story
    }

    async fn ask(&self) {
        self.rows.put_all(vec![Rows::wait(Duration::from_millis(10)); JOBS]).await.expect("they are taken");
    }

    fn signal(&self, signal: Signal) {
        let file = std::fs::read_to_string(self.redis.folder().join("redis.pid")).expect("Redis has a pid file");
        let pid = file.split(' ').next().and_then(|pid| pid.parse().ok()).and_then(Pid::from_raw).expect("a process id");
        kill_process(pid, signal).expect("Redis takes the signal");
    }

    async fn everything_ends(&self) {
        self.rows.until_count(Duration::from_mins(1), OPEN, 0).await;
    }

    /// Three phases of work are done, each job once; and the fast way works again.
    async fn end(mut self) {
        self.ask().await;
        self.everything_ends().await;
        self.rows.each_ran_once(i64::try_from(3 * JOBS).expect("it fits")).await;
        assert!(self.workers.iter_mut().all(Process::is_running), "nobody fell");
        self.wake_ups_travel().await;
    }

    /// A worker that looks by itself only each ten minutes has to be woken.
    async fn wake_ups_travel(self) {
        let Self { workers, installation, rows, .. } = self;
        drop(workers);
        let mut sleeper = installation.worker_with(&[("TALLYMAN_JOBS_POLL_MS", "600000")]).await;
        rows.until_count(Duration::from_secs(20), &format!("SELECT count(*) FROM workers WHERE pid = {}", sleeper.pid()), 1).await;
        let woken = rows.put(Rows::probe(ProbeAction::Succeed)).await;
        e2e::until("the sleeper is woken", async || {
            if rows.job(woken).await.state == State::Succeeded {
                return true;
            }
            // The first message may be sent before the other side listens; a later one is not.
            rows.put(Rows::probe(ProbeAction::Succeed)).await;
            false
        })
        .await;
        assert!(sleeper.is_running());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn flushing_redis_loses_nothing() {
    let story = Story::begin().await;
    let mut redis = redis::Client::open(story.url.as_str()).expect("a URL").get_connection().expect("Redis answers");
    redis::cmd("FLUSHALL").exec(&mut redis).expect("Redis forgets");
    story.ask().await;
    redis::cmd("FLUSHALL").exec(&mut redis).expect("Redis forgets again");
    story.everything_ends().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_redis_loses_nothing() {
    let story = Story::begin().await;
    story.redis.stop("redis", "kill");
    story.ask().await;
    story.everything_ends().await;
    let _url = story.redis.start("redis");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_stands_still_holds_nothing_up() {
    let pause = Duration::from_secs(if long_campaigns() { 30 } else { 6 });
    let story = Story::begin().await;
    story.everything_ends().await;
    story.signal(Signal::STOP);
    let paused = Instant::now();

    story.ask().await;
    story.everything_ends().await;
    let took = paused.elapsed();
    assert!(took < Duration::from_secs(6), "work went on at the pace of the poll, in {took:?}");

    e2e::until_within(pause + Duration::from_secs(1), "the pause is over", async || paused.elapsed() >= pause).await;
    story.signal(Signal::CONT);
    story.end().await;
}
