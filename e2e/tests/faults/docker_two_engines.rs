//! Two workers, each on an engine of its own. What they leave when they are killed is found by whoever works on that engine next.

use e2e::{Containers, Installation, Private, until};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn each_engine_is_swept_by_its_own_workers() {
    let docker = Private::new();
    let private = docker.start("docker");
    let installation = Installation::on_postgres().await.set("TALLYMAN_SANDBOX_SWEEP_SECONDS", "1");
    let worker = async |settings: &[(&str, &str)]| {
        let mut worker = installation.start_with(&["worker", "--pools", "containers", "--concurrency", "1"], settings);
        worker.says("working for containers").await;
        worker
    };
    let elsewhere = [("DOCKER_HOST", private.as_str())];
    let (_api, client) = installation.api().await;
    let workers = [worker(&[]).await, worker(&elsewhere).await];
    let here = installation.containers().await;
    let there = Containers::of(&installation.rows().await.text("SELECT id FROM installation").await, Some(&private));
    there.take_image("tallyman/slow-chatter:dev");
    let agent = client.example_agent("slow-chatter").await;
    let input = json!({ "lines": 40, "interval_ms": 100 });
    let runs = [client.run_agent(&agent, &input).await, client.run_agent(&agent, &input).await];
    for run in &runs {
        client.until_it_speaks(&run.path).await;
    }
    assert_eq!((here.running().len(), there.running().len()), (1, 1));

    for mut worker in workers {
        worker.kill();
    }
    let left = [here.all(), there.all()].concat();
    let heirs = [worker(&[]).await, worker(&elsewhere).await];

    let swept = || [here.all(), there.all()].concat().iter().all(|name| !left.contains(name));
    until("both engines are swept", async || swept()).await;
    for run in &runs {
        client.until_execution(&run.path, "succeeded").await;
    }
    for mut heir in heirs {
        assert_eq!(heir.terminate().await, 0);
    }
    here.until_gone().await;
    there.until_gone().await;
}
