//! In they come: every message one row, once.

use std::time::Duration;

use apalis_core::backend::TaskSink as _;
use apalis_core::task::builder::TaskBuilder;
use apalis_redis::{Config, RedisStorage};
use entities::job;
use jobs::ingress::Settings;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};
use testkit::{Kind, until};

use crate::world::{World, probe, probes};

crate::on_both_engines!(
    a_pushed_job_becomes_a_row,
    a_task_id_is_one_job_however_often_it_is_pushed,
    a_backlog_comes_in_whole,
    a_service_with_the_plain_crate_is_understood,
    a_task_for_later_waits_in_its_row,
    two_processes_read_one_queue_and_no_message_becomes_two_jobs,
    a_task_that_a_stock_worker_has_moved_comes_in_too,
);

async fn only_job(world: &World) -> job::Model {
    job::Entity::find().one(world.database.db.connection()).await.expect("it answers").expect("there is one")
}

async fn a_pushed_job_becomes_a_row(kind: Kind) {
    let world = World::new(kind).await;
    world.read();
    let payload = json!({ "action": "succeed", "concurrency": { "key": "a", "running_max": 2 } });
    world.producer().await.push("probe", payload.clone(), "order-1").await.expect("Redis takes it");
    world.all_in(1).await;
    let job = only_job(&world).await;
    assert_eq!((job.kind.as_str(), job.pool.as_str(), job.payload), ("probe", "simulation", payload));
    assert_eq!(job.concurrency_key.as_deref(), Some("probe:a"), "the payload's own bounds hold");
    assert_eq!(job.created_by, Some(format!("ingress:{}", world.name)));
    assert!(job.run_at <= job.created_at, "it is due at once");
    assert!(!world.exists("meta:order-1").await, "the crate's notes about it are gone too");
}

async fn a_task_id_is_one_job_however_often_it_is_pushed(kind: Kind) {
    let world = World::new(kind).await;
    let producer = world.producer().await;
    for _ in 0..2 {
        producer.push("probe", probe(), "order-1").await.expect("Redis takes it");
    }
    world.read();
    world.all_in(1).await;
    // Redis has forgotten it by now; the row has not.
    let forget = format!("{}:idempotency:order-1", world.name);
    redis::cmd("DEL").arg(forget).exec_async(&mut world.redis().await).await.expect("Redis answers");
    producer.push("probe", probe(), "order-1").await.expect("Redis takes it");
    producer.push("probe", probe(), "order-2").await.expect("Redis takes it");
    world.all_in(2).await;
}

async fn a_backlog_comes_in_whole(kind: Kind) {
    let size = if testkit::long_campaigns() { 100_000 } else { 20_000 };
    let world = World::new(kind).await;
    world.producer().await.push_all(probes(0..size)).await.expect("Redis takes them");
    world.read();
    for part in 1..=size / 10_000 {
        until("another ten thousand are in", async || world.jobs().await >= i64::from(part) * 10_000).await;
    }
    world.all_in(size.into()).await;
}

async fn a_service_with_the_plain_crate_is_understood(kind: Kind) {
    let world = World::new(kind).await;
    let connection = apalis_redis::connect(world.redis_url.as_str()).await.expect("Redis answers");
    let mut storage = RedisStorage::<Value>::new(connection).with_config(Config::default().queue(world.name.as_str()));
    storage.push(json!({ "kind": "probe", "payload": probe() })).await.expect("Redis takes it");
    world.read();
    world.all_in(1).await;
}

async fn a_task_for_later_waits_in_its_row(kind: Kind) {
    let world = World::new(kind).await;
    let connection = apalis_redis::connect(world.redis_url.as_str()).await.expect("Redis answers");
    let mut storage = RedisStorage::<Value>::new(connection).with_config(Config::default().queue(world.name.as_str()));
    let task = TaskBuilder::new(json!({ "kind": "probe", "payload": probe() })).run_in_hours(2).build();
    storage.push_task(task).await.expect("Redis takes it");
    world.read();
    world.all_in(1).await;
    let job = only_job(&world).await;
    let wait = job.run_at.since(job.created_at);
    assert!((Duration::from_secs(7_100)..=Duration::from_hours(2)).contains(&wait), "{wait:?}");
}

async fn two_processes_read_one_queue_and_no_message_becomes_two_jobs(kind: Kind) {
    let world = World::new(kind).await;
    let small = || Settings { batch_jobs_max: 50, ..Settings::default() };
    world.read_with(small());
    world.read_with(small());
    world.producer().await.push_all(probes(0..2_000)).await.expect("Redis takes them");
    world.all_in(2_000).await;
}

async fn a_task_that_a_stock_worker_has_moved_comes_in_too(kind: Kind) {
    let world = World::new(kind).await;
    world.producer().await.push_all(probes(0..30)).await.expect("Redis takes them");
    let (timed, moved) = (format!("{}:scheduled", world.name), format!("{}:active", world.name));
    redis::pipe()
        .zrem(timed, &["task-3", "task-4"])
        .rpush(moved, &["task-3", "task-4"])
        .query_async::<()>(&mut world.redis().await)
        .await
        .expect("Redis answers");
    world.read_with(Settings { batch_jobs_max: 7, ..Settings::default() });
    world.all_in(30).await;
}
