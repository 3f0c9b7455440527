//! `index_deposits`: what arrived on chain is booked.

use domain::entities::job;
use jobs::NewJob;
use jobs::kinds::IndexDeposits;
use testkit::{Kind, Shore, World};

#[tokio::test]
async fn indexing_twice_is_indexing_once() {
    let shore = Shore::on(Kind::Sqlite).await;
    shore.deposits(30);
    let id = shore.world.enqueue(NewJob::of(&IndexDeposits {}).unwrap()).await;
    for deposits in [1, 0] {
        shore.world.repeat_jobs().await;
        shore.world.run_jobs().await;
        let job = shore.world.job(id).await;
        assert_eq!((job.state, job.result.unwrap()["deposits"].as_i64()), (job::State::Succeeded, Some(deposits)));
        assert_eq!(shore.available().await, 30);
    }
    shore.world.finish().await;
}

#[tokio::test]
async fn a_node_that_is_away_is_waited_for() {
    let shore = Shore::on(Kind::Sqlite).await;
    shore.deposits(30);
    let id = shore.world.enqueue(NewJob::of(&IndexDeposits {}).unwrap()).await;
    shore.cluster.goes_away_after(0);
    shore.world.run_jobs().await;
    let job = shore.world.job(id).await;
    assert_eq!((job.state, job.failures), (job::State::Queued, 0), "it costs nothing");
    shore.cluster.is_back();
    shore.world.skip_waits().await;
    shore.world.run_jobs().await;
    assert_eq!(shore.available().await, 30);
    shore.world.finish().await;
}

#[tokio::test]
async fn without_a_cluster_there_is_nothing_to_do() {
    let world = World::new().await;
    let id = world.enqueue(NewJob::of(&IndexDeposits {}).unwrap()).await;
    world.run_jobs().await;
    assert_eq!(world.job(id).await.state, job::State::Succeeded);
    world.finish().await;
}

#[tokio::test]
async fn many_hints_are_one_look() {
    let shore = Shore::on(Kind::Sqlite).await;
    shore.deposits(30);
    for _ in 0..3 {
        shore.world.domain.deposits().hint().await.unwrap();
    }
    assert_eq!(shore.world.jobs_of(jobs::kinds::JobKind::IndexDeposits).await.len(), 1);
    shore.world.run_jobs().await;
    assert_eq!(shore.available().await, 30);
    shore.world.finish().await;
}
