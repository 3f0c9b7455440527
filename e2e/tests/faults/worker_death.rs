//! `kill -9` of a worker.

use std::time::Duration;

use e2e::{Installation, Rows};
use entities::job::State;

const LEASE: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_workers_job_is_back_two_seconds_after_its_lease_and_ends_once() {
    let installation = Installation::on_postgres().await;
    let rows = installation.rows().await;
    let mut first = installation.worker().await;
    let job = rows.put(Rows::wait(Duration::from_secs(4))).await;
    rows.until_begun(job).await;
    let _second = installation.worker().await;

    let died = rows.now().await;
    first.kill();
    let ended = rows.until_state(job, State::Succeeded).await;

    let back = ended.started_at.expect("it was started").since(died);
    assert!(back <= LEASE + Duration::from_secs(2), "it was back after {back:?}");
    assert_eq!(rows.outcomes(job).await, ["died", "succeeded"]);
    assert_eq!((ended.attempt, ended.failures, ended.deaths), (2, 0, 1));
}
