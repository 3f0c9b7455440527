//! Ends that come from outside: cancelling, dropping, an engine that is away.

mod docker_world;

use std::time::{Duration, Instant};

use docker_world::{World, spec};
use domain::ports::sandbox::{Ending, RunLimits, RunSpec, Sandbox, SandboxError};
use serde_json::json;

const FLOODS: &str = "echo up; yes 'a line of a flood that never ends, written as fast as the pipe takes it'";

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_is_gone_within_five_seconds_even_in_a_flood() {
    let world = World::new().await;
    for script in ["echo up; trap '' TERM INT; sleep 100", FLOODS] {
        let image = world.image(script).await;
        let limits = RunLimits { log_flood_bytes_max: 1 << 40, cpu_millis_max: 2_000, ..RunLimits::default() };
        let mut running = world.start(&RunSpec { limits, ..spec(&image, json!({})) }).await;
        let cancelled = Instant::now();
        running.cancel.cancel();
        assert_eq!(running.end().await.ending, Ending::Cancelled);
        world.no_container_is_left().await;
        assert!(cancelled.elapsed() < Duration::from_secs(5), "{script}: {:?}", cancelled.elapsed());
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cancelled_before_it_starts_never_runs() {
    let world = World::new().await;
    let image = world.image("echo {}").await;
    let lines = docker_world::Lines::default();
    let cancel = tokio_util::sync::CancellationToken::new();
    cancel.cancel();
    let exit = world.sandbox.run(&spec(&image, json!({})), &lines, &cancel).await.unwrap();
    assert_eq!((exit.ending, lines.count()), (Ending::Cancelled, 0));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_run_leaves_no_container() {
    let world = World::new().await;
    let image = world.image("echo up; sleep 100").await;
    let running = world.start(&spec(&image, json!({}))).await;
    assert_eq!(world.containers().await.len(), 1);
    drop(running);
    world.no_container_is_left().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_does_not_hold_a_cancel_up() {
    struct Stuck;
    #[async_trait::async_trait]
    impl domain::ports::sandbox::LogSink for Stuck {
        async fn line(&self, _: domain::ports::sandbox::LogLine) {
            std::future::pending::<()>().await;
        }
    }
    let world = World::new().await;
    let image = world.image(FLOODS).await;
    let cancel = tokio_util::sync::CancellationToken::new();
    let spec = spec(&image, json!({}));
    let (exit, ()) = tokio::join!(world.sandbox.run(&spec, &Stuck, &cancel), async {
        docker_world::until("the container is there", async || !world.containers().await.is_empty()).await;
        cancel.cancel();
    });
    assert_eq!(exit.unwrap().ending, Ending::Cancelled);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_away_is_no_fault_of_the_agents() {
    let world = World::with(|settings| settings.engine_host = Some("unix:///no/such/docker.sock".into())).await;
    assert!(matches!(world.sandbox.ping().await, Err(SandboxError::Unavailable { .. })));
    assert!(matches!(world.sandbox.sweep().await, Err(SandboxError::Unavailable { .. })));
    assert!(matches!(world.try_run(&spec("any", json!({}))).await, Err(SandboxError::Unavailable { .. })));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_comes_later_is_met_then() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let world = World::with(|settings| settings.engine_host = Some(format!("unix://{}", socket.display()))).await;
    assert!(matches!(world.sandbox.ping().await, Err(SandboxError::Unavailable { .. })));
    std::os::unix::fs::symlink(docker_world::socket(), &socket).unwrap();
    assert!(world.sandbox.ping().await.unwrap().contains(char::is_numeric));
    world.run_script("echo {}").await.completed();
    std::fs::remove_file(&socket).unwrap();
    assert!(matches!(world.sandbox.ping().await, Err(SandboxError::Unavailable { .. })));
    std::os::unix::fs::symlink(docker_world::socket(), &socket).unwrap();
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_somebody_else_kills_did_not_count() {
    let world = World::new().await;
    let image = world.image("echo up; sleep 100").await;
    let mut running = world.start(&spec(&image, json!({}))).await;
    world.engine.kill_container(&world.containers().await[0], None).await.unwrap();
    let error = running.outcome().await.expect_err("nobody can say that the agent is to blame");
    assert!(matches!(error, SandboxError::BrokeOff { .. }), "{error}");
    world.finish().await;
}
