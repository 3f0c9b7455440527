//! `apply_bulk`: everything that matches, nothing that does not, once.

use domain::accounts::Role;
use domain::entities::job;
use domain::ops::{Actor, BulkRequest, JobFilter};
use jobs::kinds::{BulkAction, Probe, ProbeAction};
use jobs::{NewJob, Pool};
use testkit::World;

async fn failed_probes(world: &World, count: usize) {
    world.enqueue_all(vec![NewJob::of(&Probe { action: ProbeAction::Succeed, concurrency: None }).unwrap(); count]).await;
    world.database.execute("UPDATE jobs SET state = 'failed', finished_at = 1, last_error = 'connection refused'").await;
}

async fn bulk(world: &World, action: BulkAction, filter: JobFilter) -> job::Model {
    let actor = Actor { caller: world.caller(Role::Architect).await, request_id: None };
    let id = world.domain.ops().bulk(&actor, &BulkRequest { action, filter }, None).await.unwrap().into_inner();
    world.run_jobs().await;
    world.job(id).await
}

fn refused() -> JobFilter {
    JobFilter { text: Some("Refused".into()), ..JobFilter::default() }
}

#[tokio::test]
async fn everything_that_matches_is_retried_and_twice_is_once() {
    let world = World::new().await;
    failed_probes(&world, 7).await;
    let other = world.enqueue(NewJob::of(&Probe { action: ProbeAction::Succeed, concurrency: None }).unwrap()).await;
    let done = bulk(&world, BulkAction::Retry, refused()).await;
    assert_eq!((done.state, done.result.unwrap()["done"].as_u64()), (job::State::Succeeded, Some(7)));
    assert_eq!(world.database.count("SELECT count(*) FROM jobs WHERE kind = 'probe' AND state = 'succeeded'").await, 8);
    assert_eq!(world.job(other).await.attempt, 1);
    world.database.execute("UPDATE jobs SET state = 'queued', finished_at = NULL WHERE kind = 'apply_bulk'").await;
    world.run_jobs().await;
    assert_eq!(world.job(done.id).await.result.unwrap()["done"].as_u64(), Some(7), "nothing was left to do, and the count stands");
    assert_eq!(world.database.count("SELECT count(*) FROM jobs WHERE kind = 'probe' AND attempt > 1").await, 0);
    world.finish().await;
}

#[tokio::test]
async fn what_has_ended_is_deleted_and_what_has_not_stays() {
    let world = World::new().await;
    failed_probes(&world, 3).await;
    let waiting = NewJob::of(&Probe { action: ProbeAction::Succeed, concurrency: None }).unwrap();
    let waiting = world.enqueue(waiting.delayed(std::time::Duration::from_hours(1))).await;
    let kind = Some("probe".into());
    let done = bulk(&world, BulkAction::Delete, JobFilter { kind: kind.clone(), ..JobFilter::default() }).await;
    assert_eq!(done.result.unwrap()["done"].as_u64(), Some(3));
    assert_eq!(world.job(waiting).await.state, job::State::Queued);
    let cancelled = bulk(&world, BulkAction::Cancel, JobFilter { kind, ..JobFilter::default() }).await;
    assert_eq!(cancelled.result.unwrap()["done"].as_u64(), Some(1));
    assert_eq!(world.job(waiting).await.state, job::State::Cancelled);
    world.finish().await;
}

#[tokio::test]
async fn of_several_jobs_with_one_unique_key_one_is_retried() {
    let world = World::new().await;
    failed_probes(&world, 3).await;
    world.database.execute("UPDATE jobs SET unique_key = 'same' WHERE kind = 'probe'").await;
    let done = bulk(&world, BulkAction::Retry, refused()).await;
    assert_eq!(done.result.unwrap(), serde_json::json!({ "matched": 3, "done": 1 }));
    world.finish().await;
}

#[tokio::test]
async fn a_bulk_that_broke_off_goes_on_and_counts_each_job_once() {
    let world = World::new().await;
    failed_probes(&world, 1_100).await;
    let stumble =
        "CREATE TRIGGER stumble BEFORE DELETE ON jobs WHEN (SELECT count(*) FROM jobs) < 400 BEGIN SELECT raise(ABORT, 'no'); END";
    world.database.execute(stumble).await;
    let broken = bulk(&world, BulkAction::Delete, refused()).await;
    assert_eq!((broken.state, broken.failures), (job::State::Retrying, 1));
    let progress = broken.progress.unwrap();
    assert_eq!((progress["matched"].as_u64(), progress["done"].as_u64()), (Some(500), Some(500)), "the batch that was kept");
    world.database.execute("DROP TRIGGER stumble").await;
    world.skip_waits().await;
    world.run_jobs().await;
    assert_eq!(world.job(broken.id).await.result.unwrap(), serde_json::json!({ "matched": 1_100, "done": 1_100 }));
    world.finish().await;
}

#[tokio::test]
async fn a_bulk_whose_lease_is_gone_does_nothing_more() {
    let world = World::new().await;
    failed_probes(&world, 3).await;
    let steal = "CREATE TRIGGER steal AFTER DELETE ON jobs BEGIN UPDATE jobs SET attempt = attempt + 1 WHERE kind = 'apply_bulk'; END";
    world.database.execute(steal).await;
    let actor = Actor { caller: world.caller(Role::Architect).await, request_id: None };
    world.domain.ops().bulk(&actor, &BulkRequest { action: BulkAction::Delete, filter: refused() }, None).await.unwrap();
    world.one_job_of(Pool::Upkeep, async |delivery| world.handle(delivery).await).await;
    assert_eq!(world.database.count("SELECT count(*) FROM jobs WHERE kind = 'probe'").await, 3, "another attempt has the job");
    world.shut_down().await;
}
