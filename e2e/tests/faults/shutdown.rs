//! SIGTERM, as every deployment sends it.

use std::time::{Duration, Instant};

use e2e::{Installation, Rows};
use entities::job::State;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_asked_to_end_lets_its_job_finish() {
    let installation = Installation::on_postgres().await;
    let rows = installation.rows().await;
    let mut worker = installation.worker().await;
    // Longer than the lease: it is kept while the worker drains.
    let job = rows.put(Rows::wait(Duration::from_secs(4))).await;
    rows.until_begun(job).await;

    assert_eq!(worker.terminate().await, 0, "it ends well");

    let ended = rows.job(job).await;
    assert_eq!((ended.state, ended.attempt, ended.failures, ended.deaths), (State::Succeeded, 1, 0, 0));
    assert_eq!(rows.count("SELECT count(*) FROM workers").await, 0, "nobody is listed who is not there");
    let said = worker.said();
    for words in ["may go on for 30 s at most", "jobs running: 1", "or the next start: 0"] {
        assert!(said.contains(words), "{words:?} is missing: {said}");
    }
    assert!(said.lines().last().is_some_and(|line| line.contains("ended")), "the last word is that it has ended: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_outlasts_the_drain_is_released_and_costs_nothing() {
    let installation = Installation::on_postgres().await;
    let rows = installation.rows().await;
    let mut worker = installation.worker_with(&[("TALLYMAN_JOBS_DRAIN_SECONDS_MAX", "1")]).await;
    let job = rows.put(Rows::wait(Duration::from_mins(5))).await;
    rows.until_begun(job).await;

    let asked = Instant::now();
    assert_eq!(worker.terminate().await, 0, "it ends well");
    assert!(asked.elapsed() < Duration::from_secs(10), "it took {:?}", asked.elapsed());

    let released = rows.job(job).await;
    assert_eq!((released.state, released.attempt, released.failures, released.deaths), (State::Queued, 1, 0, 0));
    assert_eq!(rows.outcomes(job).await, ["released"]);
    assert!(worker.said().contains("or the next start: 1"), "{}", worker.said());
    let _next = installation.worker().await;
    rows.until_state(job, State::Running).await;
}
