//! `kill -9` of a worker in the middle of a container run.

use std::time::Duration;

use e2e::Installation;
use entities::id::JobId;
use serde_json::json;

const LEASE: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_workers_run_is_back_two_seconds_after_its_lease_and_leaves_one_result_and_no_container() {
    let installation = Installation::on_postgres().await;
    let (_api, client) = installation.api().await;
    let (mut first, rows) = (installation.container_worker().await, installation.rows().await);
    let containers = installation.containers().await;
    let agent = client.example_agent("slow-chatter").await;
    let run = client.run_agent(&agent, &json!({ "lines": 40, "interval_ms": 100 })).await;
    client.until_it_speaks(&run.path).await;
    let [of_the_dead] = &containers.running()[..] else { panic!("one container runs: {:?}", containers.running()) };
    let mut second = installation.container_worker().await;

    let died = rows.now().await;
    first.kill();
    let execution = client.until_execution(&run.path, "succeeded").await;

    let id: JobId = run.job_id.parse().expect("an operation is a job");
    let job = rows.job(id).await;
    let back = job.started_at.expect("it was started").since(died);
    assert!(back <= LEASE + Duration::from_secs(2), "it was back after {back:?}");
    assert_eq!(rows.outcomes(id).await, ["died", "succeeded"]);
    assert_eq!((job.attempt, job.failures, job.deaths), (2, 0, 1));
    assert_eq!(execution["output"], json!({ "lines": 40 }));
    let told = format!("SELECT count(*) FROM events WHERE topic = 'execution:{}' AND data::text LIKE '%succeeded%'", run.id());
    assert_eq!(rows.count(&told).await, 1, "the end was told once");

    assert!(!containers.running().contains(of_the_dead), "its supervisor ended with the worker's end of the pipe");
    let _swept = client.post("/v1/ops/jobs", &json!({ "kind": "sweep_containers", "payload": {} })).await.expect(202);
    e2e::until("the dead worker's container is swept", async || !containers.all().contains(of_the_dead)).await;
    assert_eq!(second.terminate().await, 0);
    containers.until_gone().await;
}
