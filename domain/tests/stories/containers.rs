//! What a sandbox writes down before it creates anything.

use std::sync::Arc;
use std::time::Duration;

use domain::entities::id::ExecutionId;
use domain::executions::{ContainerRows, installation_id};
use domain::ports::sandbox::{ContainerLog as _, Opening, SandboxError};
use platform::{Ids, SystemClock, SystemRng};
use testkit::World;

crate::on_every_engine!(
    the_installation_has_one_name_for_ever,
    each_live_container_has_a_uid_of_its_own,
    a_closed_container_gives_its_uid_back,
    a_container_is_abandoned_when_its_run_is_over_or_superseded,
    a_container_is_abandoned_when_its_worker_is_silent,
    a_parked_container_is_bound_to_the_run_that_it_serves,
);

const LEASE: Duration = Duration::from_secs(15);

fn rows(world: &World) -> ContainerRows {
    ContainerRows::new(world.database.db.clone(), Ids::new(Arc::new(SystemClock)), "0a1b2c", "world/containers", LEASE)
}

fn opening(run: Option<(ExecutionId, u32)>, uids: std::ops::Range<u32>) -> Opening {
    Opening { daemon: "daemon".into(), run, uids }
}

/// The pool of this world has just given a sign of life.
async fn signed(world: &World) {
    let now = world.database.db.engine().now_sql();
    let insert = "INSERT INTO workers (id, pool, host, pid, version, state, concurrency, started_at, heartbeat_at)";
    world.database.execute(&format!("{insert} VALUES ('world/containers', 'containers', 'h', 1, '1', 'running', 1, {now}, {now})")).await;
}

async fn the_installation_has_one_name_for_ever(world: World) {
    let db = &world.database.db;
    let (a, b) = tokio::join!(installation_id(db, &SystemRng), installation_id(db, &SystemRng));
    let name = a.unwrap();
    assert_eq!(name, b.unwrap());
    assert_eq!(name, installation_id(db, &SystemRng).await.unwrap());
    assert!(name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_hexdigit()));
    world.finish().await;
}

async fn each_live_container_has_a_uid_of_its_own(world: World) {
    let rows = rows(&world);
    let all = futures::future::join_all((0..8).map(|_| rows.open(opening(None, 5_000..5_008)))).await;
    let mut uids: Vec<_> = all.into_iter().map(|opened| opened.unwrap().uid).collect();
    uids.sort_unstable();
    assert_eq!(uids, (5_000..5_008).collect::<Vec<_>>());
    assert!(matches!(rows.open(opening(None, 5_000..5_008)).await, Err(SandboxError::NoUid { .. })));
    let elsewhere = Opening { daemon: "another".into(), ..opening(None, 5_000..5_001) };
    assert_eq!(rows.open(elsewhere).await.unwrap().uid, 5_000, "another daemon has uids of its own");
    world.finish().await;
}

async fn a_closed_container_gives_its_uid_back(world: World) {
    let rows = rows(&world);
    let one = rows.open(opening(None, 5_000..5_001)).await.unwrap();
    rows.close(&one.name).await.unwrap();
    rows.close(&one.name).await.unwrap();
    assert_eq!(rows.open(opening(None, 5_000..5_001)).await.unwrap().uid, 5_000);
    world.finish().await;
}

async fn a_container_is_abandoned_when_its_run_is_over_or_superseded(world: World) {
    signed(&world).await;
    let (_, submitted) = world.accepted_run().await;
    let rows = rows(&world);
    let opened = rows.open(opening(Some((submitted.execution_id, 1)), 5_000..6_000)).await.unwrap();
    assert_eq!(opened.name, format!("tm-0a1b2c-{}-1", submitted.execution_id));
    let abandoned = async || rows.abandoned("daemon").await.unwrap();
    assert!(abandoned().await.is_empty(), "its run is on its way");
    world.database.execute("UPDATE executions SET attempt = 2").await;
    assert_eq!(abandoned().await, [opened.name.as_str()], "a newer attempt has taken over");
    world.database.execute("UPDATE executions SET attempt = 1").await;
    world.database.execute("UPDATE executions SET state = 'failed'").await;
    assert_eq!(abandoned().await, [opened.name.as_str()], "its run is over");
    assert!(rows.abandoned("another").await.unwrap().is_empty(), "not on that daemon");
    rows.close(&opened.name).await.unwrap();
    assert!(abandoned().await.is_empty());
    world.shut_down().await;
}

async fn a_container_is_abandoned_when_its_worker_is_silent(world: World) {
    let rows = rows(&world);
    let opened = rows.open(opening(None, 5_000..6_000)).await.unwrap();
    let abandoned = async || rows.abandoned("daemon").await.unwrap();
    assert!(abandoned().await.is_empty(), "a worker may need a moment for its first sign of life");
    world.database.execute("UPDATE containers SET created_at = created_at - 60000000").await;
    assert_eq!(abandoned().await, [opened.name.as_str()], "nobody has heard of its worker");
    signed(&world).await;
    assert!(abandoned().await.is_empty());
    world.database.execute("UPDATE workers SET heartbeat_at = heartbeat_at - 60000000").await;
    assert_eq!(abandoned().await, [opened.name.as_str()], "its worker has fallen silent");
    world.finish().await;
}

async fn a_parked_container_is_bound_to_the_run_that_it_serves(world: World) {
    signed(&world).await;
    let (_, submitted) = world.accepted_run().await;
    let rows = rows(&world);
    let parked = rows.open(opening(None, 5_000..6_000)).await.unwrap();
    assert!(parked.name.starts_with("tm-0a1b2c-warm-"));
    rows.bind(&parked.name, submitted.execution_id, 1).await.unwrap();
    world.run_jobs().await;
    assert_eq!(rows.abandoned("daemon").await.unwrap(), [parked.name.as_str()], "its run is over");
    world.finish().await;
}
