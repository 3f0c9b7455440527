//! SIGTERM of a worker while a container runs.

use e2e::Installation;
use entities::id::JobId;
use entities::job::State;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_fits_into_the_drain_ends_in_it_and_is_recorded_once() {
    let installation = Installation::on_postgres().await;
    let (_api, client) = installation.api().await;
    let (mut worker, rows) = (installation.container_worker().await, installation.rows().await);
    let containers = installation.containers().await;
    let agent = client.example_agent("slow-chatter").await;
    // Longer than the lease: it is kept while the worker drains.
    let run = client.run_agent(&agent, &json!({ "lines": 40, "interval_ms": 100 })).await;
    client.until_it_speaks(&run.path).await;

    assert_eq!(worker.terminate().await, 0, "it ends well");

    let execution = client.get(&run.path).await.expect(200);
    assert_eq!((&execution["state"], &execution["output"]), (&json!("succeeded"), &json!({ "lines": 40 })));
    assert_eq!(client.lines_of(&run.path).await, 41, "every line was kept, and the answer");
    rows.each_ran_once(1).await;
    assert_eq!(containers.all(), Vec::<String>::new(), "it cleaned up behind itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_outlasts_the_drain_is_released_and_costs_nothing() {
    let installation = Installation::on_postgres().await.set("TALLYMAN_JOBS_DRAIN_SECONDS_MAX", "1");
    let (_api, client) = installation.api().await;
    let (mut worker, rows) = (installation.container_worker().await, installation.rows().await);
    let containers = installation.containers().await;
    let agent = client.example_agent("slow-chatter").await;
    let run = client.run_agent(&agent, &json!({ "lines": 60, "interval_ms": 100 })).await;
    client.until_it_speaks(&run.path).await;

    assert_eq!(worker.terminate().await, 0, "it ends well");

    let id: JobId = run.job_id.parse().expect("an operation is a job");
    let released = rows.job(id).await;
    assert_eq!((released.state, released.attempt, released.failures, released.deaths), (State::Queued, 1, 0, 0));
    assert_eq!(containers.all(), Vec::<String>::new(), "it cleaned up behind itself");
    let mut next = installation.container_worker().await;
    client.until_execution(&run.path, "succeeded").await;
    assert_eq!(rows.outcomes(id).await, ["released", "succeeded"]);
    rows.each_succeeded_once(1).await;
    assert_eq!(next.terminate().await, 0);
    containers.until_gone().await;
}
