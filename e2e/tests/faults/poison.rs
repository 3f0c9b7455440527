//! A job whose handler takes the whole process down, among others.

use std::time::Duration;

use e2e::{Installation, Rows};
use entities::job::State;
use jobs::kinds::ProbeAction;
use testkit::until_within;

const NEIGHBOURS: usize = 23;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_aborts_its_worker_is_quarantined_after_three_deaths_and_nobody_else_is() {
    let installation = Installation::on_postgres().await.set("TALLYMAN_POOLS_SIMULATION", "24");
    let rows = installation.rows().await;
    let mut jobs = vec![Rows::wait(Duration::from_millis(300)); NEIGHBOURS];
    jobs.insert(NEIGHBOURS / 2, Rows::probe(ProbeAction::Abort));
    let poison = rows.put_all(jobs).await.expect("they are taken")[NEIGHBOURS / 2];

    for death in 1..=3 {
        let mut worker = installation.worker().await;
        until_within(Duration::from_mins(1), &format!("worker {death} dies"), async || !worker.is_running()).await;
    }
    let mut worker = installation.worker().await;
    rows.until_state(poison, State::Quarantined).await;

    rows.until_count(Duration::from_mins(1), "SELECT count(*) FROM jobs WHERE state = 'succeeded'", 23).await;
    assert_eq!(rows.count("SELECT count(*) FROM jobs WHERE failures > 0").await, 0);
    assert_eq!(rows.outcomes(poison).await, ["died", "died", "died"]);
    assert!(worker.is_running());
}
