//! Redis goes, a process goes: nothing is lost and nothing comes in twice.

use jobs::ingress::Settings;
use jobs::kinds::JobKind;
use jobs::store::ingress_messages::{self, Arrival};
use platform::Tasks;
use testkit::{Kind, PrivateRedis, until};

use crate::world::{World, probe, probes};

crate::on_both_engines!(
    redis_dies_in_the_middle_and_every_message_comes_in_once,
    a_redis_that_comes_late_is_waited_for,
    a_crash_between_commit_and_removal_makes_no_second_job,
    a_message_stays_in_redis_until_its_row_is_committed,
    a_process_that_was_asked_to_end_leaves_the_queue_to_others,
);

async fn redis_dies_in_the_middle_and_every_message_comes_in_once(kind: Kind) {
    let redis = PrivateRedis::start();
    let world = World::at(kind, redis.url.clone()).await;
    world.producer().await.push_all(probes(0..4_000)).await.expect("Redis takes them");
    world.read_with(Settings { batch_jobs_max: 50, ..Settings::default() });
    until("some are in", async || world.jobs().await > 200).await;
    redis.kill();
    redis.start_again();
    let before = world.jobs().await;
    assert!(before < 4_000, "the crash came in the middle, not after the end");
    world.producer().await.push_all(probes(4_000..4_500)).await.expect("Redis takes them");
    world.all_in(4_500).await;
}

async fn a_redis_that_comes_late_is_waited_for(kind: Kind) {
    let redis = PrivateRedis::start();
    redis.kill();
    let world = World::at(kind, redis.url.clone()).await;
    world.read();
    redis.start_again();
    world.producer().await.push("probe", probe(), "late").await.expect("Redis takes it");
    world.all_in(1).await;
}

async fn a_crash_between_commit_and_removal_makes_no_second_job(kind: Kind) {
    let world = World::new(kind).await;
    world.producer().await.push_all(probes(0..10)).await.expect("Redis takes them");
    // The process that died had committed these.
    let job = JobKind::Probe.job(&probe()).expect("a payload of its kind");
    let committed: Vec<_> = (0..4).map(|n| Arrival { task_id: format!("task-{n}"), job: job.clone() }).collect();
    let admit = || ingress_messages::admit(&world.database.db, &world.queue, &world.name, &committed);
    assert_eq!(admit().await.expect("the rows"), 4);
    assert_eq!(admit().await.expect("the rows"), 0, "saying it again changes nothing");
    world.read();
    world.all_in(10).await;
}

async fn a_message_stays_in_redis_until_its_row_is_committed(kind: Kind) {
    let mut world = World::new(kind).await;
    world.producer().await.push_all(probes(0..10)).await.expect("Redis takes them");
    world.database.execute("ALTER TABLE ingress_messages RENAME TO out_of_reach").await;
    world.read();
    until("it has been read", async || world.being_read().await).await;
    world.tasks.shut_down().await;
    assert_eq!(world.jobs().await, 0, "no job without the row that says that it is in");
    world.database.execute("ALTER TABLE out_of_reach RENAME TO ingress_messages").await;
    world.tasks = Tasks::new();
    world.read();
    world.all_in(10).await;
}

async fn a_process_that_was_asked_to_end_leaves_the_queue_to_others(kind: Kind) {
    let world = World::new(kind).await;
    world.read();
    world.producer().await.push("probe", probe(), "first").await.expect("Redis takes it");
    world.all_in(1).await;
    world.tasks.shut_down().await;
    assert!(!world.being_read().await, "nobody has to wait for the turn of one that has gone");
}
