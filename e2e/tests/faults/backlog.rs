//! Much work, two workers.

use std::time::Duration;

use e2e::{Installation, Rows};
use jobs::kinds::ProbeAction;

const JOBS: usize = 20_000;

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_drain_twenty_thousand_jobs_and_run_each_once() {
    let installation = Installation::on_postgres().await.set("TALLYMAN_POOLS_SIMULATION", "64").set("TALLYMAN_JOBS_LEASE_SECONDS", "15");
    let rows = installation.rows().await;
    rows.put_all(vec![Rows::probe(ProbeAction::Succeed); JOBS]).await.expect("they are taken");

    let _workers = (installation.worker().await, installation.worker().await);

    rows.until_count(Duration::from_secs(100), "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running', 'retrying')", 0).await;
    rows.each_ran_once(i64::try_from(JOBS).expect("it fits")).await;
    assert_eq!(rows.count("SELECT count(DISTINCT worker) FROM jobs").await, 2, "both had a share");
}
