//! `settle_batch`: a worker that cannot pay leaves the batch to one that can. What it does on a chain is told in `chain/tests`.

use domain::entities::job;
use jobs::NewJob;
use jobs::kinds::SettleBatch;
use testkit::World;

fn batch() -> NewJob {
    NewJob::of(&SettleBatch { batch_id: uuid::Uuid::from_u128(7).into() }).unwrap()
}

#[tokio::test]
async fn a_worker_without_keys_waits_for_one_that_has_them() {
    let world = World::new().await;
    let id = world.enqueue(batch()).await;
    world.run_jobs().await;
    let waits = world.job(id).await;
    assert_eq!((waits.state, waits.failures), (job::State::Queued, 0));
    world.shut_down().await;
}

#[tokio::test]
async fn one_batch_has_one_job_that_lives() {
    let world = World::new().await;
    let ids = world.enqueue_all(vec![batch(), batch()]).await;
    assert_eq!(ids[0], ids[1]);
    world.shut_down().await;
}
