//! The Docker engine goes away and comes back. That is nobody's fault: runs wait for it and end well.

use e2e::{Client, Containers, Installation, Private, Process, Rows, until};
use entities::id::JobId;
use entities::job::State;
use serde_json::json;

/// A private engine with the example agent on it, and somebody who runs it there.
struct Story {
    docker: Private,
    rows: Rows,
    containers: Containers,
    agent: String,
    client: Client,
    worker: Process,
    _api: Process,
    /// With the folder of what they say.
    _installation: Installation,
}

impl Story {
    async fn begin() -> Self {
        let docker = Private::new();
        let installation = Installation::on_postgres().await.set("DOCKER_HOST", &docker.start("docker"));
        let (api, client) = installation.api().await;
        let (worker, rows) = (installation.container_worker().await, installation.rows().await);
        let containers = installation.containers().await;
        containers.take_image("tallyman/slow-chatter:dev");
        let agent = client.example_agent("slow-chatter").await;
        Self { docker, rows, containers, agent, client, worker, _api: api, _installation: installation }
    }

    async fn it_is_put_off(&self, id: JobId) {
        until("the run is put off", async || {
            let job = self.rows.job(id).await;
            job.state == State::Queued && job.last_error.is_some_and(|why| why.contains("does not answer"))
        })
        .await;
    }

    /// The same worker goes on, what it had on the engine when that went is swept, and nothing else stays.
    async fn end(mut self, left: Vec<String>) {
        assert!(self.worker.is_running(), "nobody needs a restart");
        let _swept = self.client.post("/v1/ops/jobs", &json!({ "kind": "sweep_containers", "payload": {} })).await.expect(202);
        until("what was left is swept", async || !self.containers.all().iter().any(|name| left.contains(name))).await;
        assert_eq!(self.worker.terminate().await, 0);
        self.containers.until_gone().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_crashes_during_a_run_and_is_away_for_another_fails_neither() {
    let story = Story::begin().await;
    let during = story.client.run_agent(&story.agent, &json!({ "lines": 60, "interval_ms": 100 })).await;
    story.client.until_it_speaks(&during.path).await;
    let left = story.containers.all();
    story.docker.stop("docker", "kill");
    let between = story.client.run_agent(&story.agent, &json!({ "lines": 3, "interval_ms": 0 })).await;
    let ids = [&during, &between].map(|run| run.job_id.parse::<JobId>().expect("an operation is a job"));
    for id in ids {
        story.it_is_put_off(id).await;
    }

    let _host = story.docker.start("docker");

    for (run, id) in [&during, &between].into_iter().zip(ids) {
        story.client.until_execution(&run.path, "succeeded").await;
        let job = story.rows.job(id).await;
        assert_eq!((job.failures, job.deaths), (0, 0), "no try was counted: {:?}", story.rows.outcomes(id).await);
    }
    story.rows.each_succeeded_once(2).await;
    story.end(left).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_restarted_during_a_run_costs_it_one_try_at_most() {
    let story = Story::begin().await;
    let run = story.client.run_agent(&story.agent, &json!({ "lines": 60, "interval_ms": 100 })).await;
    story.client.until_it_speaks(&run.path).await;
    let id: JobId = run.job_id.parse().expect("an operation is a job");

    let left = story.containers.all();
    story.docker.stop("docker", "fast");
    let _host = story.docker.start("docker");

    story.client.until_execution(&run.path, "succeeded").await;
    let job = story.rows.job(id).await;
    assert!(job.failures <= 1 && job.deaths == 0, "{:?}", story.rows.outcomes(id).await);
    story.rows.each_succeeded_once(1).await;
    story.end(left).await;
}
