//! What dead workers leave behind, and what a sweep may touch.

mod docker_world;

use bollard::{
    models::ContainerCreateBody,
    query_parameters::{CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder},
};
use docker_world::{World, gate::Gate, spec, until};
use domain::ports::sandbox::{Ending, Sandbox, SandboxError};
use serde_json::json;
use tokio_util::sync::CancellationToken;

async fn create(world: &World, name: &str, image: &str) {
    let named = CreateContainerOptionsBuilder::default().name(name).build();
    let labels = [("tallyman.installation".to_owned(), world.installation.clone())].into();
    let body = ContainerCreateBody { image: Some(image.to_owned()), labels: Some(labels), ..ContainerCreateBody::default() };
    world.engine.create_container(Some(named), body).await.expect("the engine creates a container");
}

async fn daemon(world: &World) -> String {
    let info = world.engine.info().await.unwrap();
    format!("{} {}", info.id.unwrap(), info.docker_root_dir.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_removes_what_a_dead_worker_recorded_and_nothing_that_only_looks_like_it() {
    let world = World::new().await;
    let image = world.image("sleep 60").await;
    let left = format!("tm-{}-exe_dead-1", world.installation);
    let stranger = format!("someone-elses-{}", world.installation);
    create(&world, &left, &image).await;
    create(&world, &stranger, &image).await;
    world.records.inherit(&left, &daemon(&world).await);
    world.records.inherit("tm-another-exe_1-1", &daemon(&world).await);
    assert_eq!(world.sandbox.sweep().await.unwrap(), 1);
    assert_eq!(world.containers().await, Vec::<String>::new());
    assert_eq!(world.records.open_names(), ["tm-another-exe_1-1"], "a name of another installation is not ours to close");
    world.engine.inspect_container(&stranger, None).await.expect("a container with our label but without a recorded name stays");
    let force = || Some(RemoveContainerOptionsBuilder::default().force(true).build());
    world.engine.remove_container(&stranger, force()).await.unwrap();
    domain::ports::sandbox::ContainerLog::close(&*world.records, "tm-another-exe_1-1").await.unwrap();
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_the_engine_cannot_let_go_of_does_not_keep_a_sweep_from_the_others() {
    let gate = Gate::open();
    let world = World::with(|settings| settings.engine_host = Some(gate.host())).await;
    let image = world.image("sleep 60").await;
    // A sweep takes them in the order of their names.
    let [stuck, after] = ["exe_a-1", "exe_b-1"].map(|name| format!("tm-{}-{name}", world.installation));
    for name in [&stuck, &after] {
        create(&world, name, &image).await;
        world.records.inherit(name, &daemon(&world).await);
    }
    gate.refuse(&format!("containers/{stuck}"));
    assert_eq!(world.sandbox.sweep().await.unwrap(), 1);
    assert_eq!((world.containers().await, world.records.open_names()), (vec![stuck.clone()], vec![stuck]));
    gate.refuse_nothing();
    assert_eq!(world.sandbox.sweep().await.unwrap(), 1, "the next sweep tries it again");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_sweeps_its_own_engine_by_itself_again_and_again() {
    let world = World::with(|settings| settings.sweep_seconds = 1).await;
    let image = world.image("sleep 60").await;
    let stop = CancellationToken::new();
    let sweeping = testkit::spawn(world.sandbox.clone().keep_swept(stop.clone()));
    for number in 1..=2 {
        let left = format!("tm-{}-exe_dead-{number}", world.installation);
        create(&world, &left, &image).await;
        world.records.inherit(&left, &daemon(&world).await);
        until("it is swept", async || world.records.open_names().is_empty()).await;
        assert_eq!(world.containers().await, Vec::<String>::new());
    }
    stop.cancel();
    sweeping.await.unwrap();
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_worker_sweeps_the_run_of_the_first_and_the_run_says_so() {
    let world = World::new().await;
    let image = world.image("echo up; sleep 60").await;
    let mut running = world.start(&spec(&image, json!({}))).await;
    world.records.abandon_all();
    let other = world.another_worker();
    assert_eq!(other.sweep().await.unwrap(), 1);
    world.no_container_is_left().await;
    let error = running.outcome().await.expect_err("nobody can say that the agent is to blame");
    assert!(matches!(error, SandboxError::BrokeOff { .. }), "{error}");
    other.shutdown().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_installations_on_one_daemon_leave_each_other_alone() {
    let (ours, theirs) = (World::new().await, World::new().await);
    let image = theirs.image("echo up; sleep 60; echo {}").await;
    let mut running = theirs.start(&spec(&image, json!({}))).await;
    for name in theirs.containers().await {
        ours.records.inherit(&name, &daemon(&ours).await);
        assert_eq!(ours.sandbox.sweep().await.unwrap(), 0);
        domain::ports::sandbox::ContainerLog::close(&*ours.records, &name).await.unwrap();
    }
    assert_eq!(theirs.containers().await.len(), 1);
    running.cancel.cancel();
    assert_eq!(running.end().await.ending, Ending::Cancelled);
    theirs.finish().await;
    ours.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_claim_of_an_attempt_replaces_the_container_of_the_first() {
    let world = World::new().await;
    let image = world.image("echo {}").await;
    let spec = spec(&image, json!({}));
    create(&world, &format!("tm-{}-{}-1", world.installation, spec.execution_id), &image).await;
    world.run(&spec).await.completed();
    world.finish().await;
}
