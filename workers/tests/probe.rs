//! `probe`: does what it is told, and nothing to a production worker.

use domain::entities::job;
use jobs::NewJob;
use jobs::kinds::{Probe, ProbeAction};
use testkit::{World, until};

fn probe(action: ProbeAction) -> NewJob {
    NewJob::of(&Probe { action, concurrency: None }).expect("a probe is JSON")
}

#[tokio::test]
async fn a_probe_succeeds_and_twice_is_as_good() {
    let world = World::new().await;
    let id = world.enqueue(probe(ProbeAction::Succeed)).await;
    world.run_jobs().await;
    world.repeat_jobs().await;
    world.run_jobs().await;
    let job = world.job(id).await;
    assert_eq!((job.state, job.attempt, job.result.unwrap()["attempt"].as_i64()), (job::State::Succeeded, 2, Some(2)));
    world.finish().await;
}

#[tokio::test]
async fn a_probe_that_fails_comes_back_until_its_failures_are_used_up() {
    let world = World::new().await;
    let id = world.enqueue(probe(ProbeAction::Fail)).await;
    for _ in 0..3 {
        world.run_jobs().await;
        world.skip_waits().await;
    }
    let job = world.job(id).await;
    assert_eq!((job.state, job.failures, job.error_code.as_deref()), (job::State::Failed, 3, Some("probe-failed")));
    world.finish().await;
}

#[tokio::test]
async fn a_waiting_probe_ends_when_it_is_cancelled() {
    let world = World::new().await;
    let id = world.enqueue(probe(ProbeAction::Wait { wait_ms: 600_000 })).await;
    let cancel = async {
        until("the probe runs", async || world.job(id).await.state == job::State::Running).await;
        let txn = world.database.db.write().await.unwrap();
        let wake = world.domain.queue().cancel(&txn, id).await.unwrap();
        jobs::commit(txn, wake).await.unwrap();
    };
    tokio::join!(world.run_jobs(), cancel);
    assert_eq!(world.job(id).await.state, job::State::Cancelled);
    world.finish().await;
}

#[tokio::test]
async fn a_probe_does_not_take_a_production_worker_down() {
    let world = World::new().await;
    let id = world.enqueue(probe(ProbeAction::Abort)).await;
    world.run_jobs().await;
    assert_eq!(world.job(id).await.error_code.as_deref(), Some("probe-refused"));
    world.finish().await;
}
