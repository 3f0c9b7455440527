//! Parked containers: started before anybody asks, used once, never in anybody's way.

mod docker_world;

use docker_world::{World, spec, until};
use domain::ports::sandbox::{ImageDigest, RunSpec, Sandbox};
use serde_json::json;
use workers::sandbox::Settings;

fn one_is_parked(settings: &mut Settings) {
    settings.warm.parked_per_version = 1;
    settings.warm.hot_after_runs = 1;
}

async fn pinned(world: &World, script: &str) -> RunSpec {
    let image = world.image(script).await;
    let digest: ImageDigest = world.sandbox.resolve(&image).await.unwrap();
    RunSpec { digest: Some(digest), ..spec(&image, json!({"n": 1})) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_run_of_a_hot_version_finds_a_parked_container() {
    let world = World::with(one_is_parked).await;
    let cold = pinned(&world, "echo \"$INPUT\"; id -u >&2").await;
    assert!(!world.run(&cold).await.exit.warm);
    until("one is parked", async || world.sandbox.parked() == 1).await;
    let parked = world.records.open_names();
    let warm = RunSpec { input: json!({"n": 2}), ..spec(&cold.image, json!({})) };
    let run = world.run(&RunSpec { digest: cold.digest.clone(), ..warm }).await;
    assert!(run.exit.warm);
    assert_eq!((run.completed(), &run.exit.isolation["weaker"]), (&json!({"n": 2}), &json!([])));
    until("the used container is gone", async || !world.records.open_names().contains(&parked[0])).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_limits_or_another_image_never_use_a_parked_container() {
    let world = World::with(one_is_parked).await;
    let mut asked = pinned(&world, "echo {}").await;
    world.run(&asked).await.completed();
    until("one is parked", async || world.sandbox.parked() == 1).await;
    asked.limits.memory_mib_max = 64;
    let run = world.run(&RunSpec { execution_id: spec("x", json!({})).execution_id, ..asked }).await;
    assert!(!run.exit.warm);
    assert_eq!(run.exit.isolation["seen"]["memory_bytes_max"], json!(64 << 20));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_container_that_died_costs_a_cold_start_and_nothing_else() {
    let world = World::with(one_is_parked).await;
    let asked = pinned(&world, "echo {}").await;
    world.run(&asked).await.completed();
    until("one is parked", async || world.sandbox.parked() == 1).await;
    for name in world.containers().await {
        drop(world.engine.kill_container(&name, None).await);
    }
    let run = world.run(&RunSpec { execution_id: spec("x", json!({})).execution_id, ..asked }).await;
    run.completed();
    assert!(!run.exit.warm);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_parked_too_long_is_replaced() {
    let world = World::with(|settings| {
        one_is_parked(settings);
        settings.warm.age_seconds_max = 1;
    })
    .await;
    world.run(&pinned(&world, "echo {}").await).await.completed();
    until("one is parked", async || world.sandbox.parked() == 1).await;
    let first = world.containers().await;
    until("another one is parked", async || {
        world.sandbox.parked() == 1 && world.containers().await.iter().all(|name| !first.contains(name))
    })
    .await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_versions_that_ran_last_stay_hot() {
    let world = World::with(|settings| {
        one_is_parked(settings);
        settings.warm.versions_max = 1;
    })
    .await;
    world.run(&pinned(&world, "echo {}").await).await.completed();
    until("one is parked", async || world.sandbox.parked() == 1).await;
    world.run(&pinned(&world, "echo []").await).await.completed();
    until("the other version is parked, alone", async || world.sandbox.parked() == 1 && world.containers().await.len() == 1).await;
    world.finish().await;
}
