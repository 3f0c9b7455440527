//! `reconcile_custody`: chain and books are compared.

use domain::entities::job;
use jobs::NewJob;
use jobs::kinds::ReconcileCustody;
use testkit::{Kind, Shore, World};

#[tokio::test]
async fn comparing_twice_finds_the_same() {
    let shore = Shore::on(Kind::Sqlite).await;
    shore.deposits(30);
    shore.cluster.skew(-1);
    let id = shore.world.enqueue(NewJob::of(&ReconcileCustody {}).unwrap()).await;
    for _ in 0..2 {
        shore.world.repeat_jobs().await;
        shore.world.run_jobs().await;
        let job = shore.world.job(id).await;
        let stopped = job.result.unwrap()["stopped"][0].as_str().map(str::to_owned);
        assert_eq!((job.state, stopped), (job::State::Succeeded, Some(shore.world.house_mint().to_string())));
    }
    assert_eq!(shore.world.told("ops").await, ["stopped"]);
    shore.world.finish().await;
}

#[tokio::test]
async fn a_node_that_is_away_is_waited_for() {
    let shore = Shore::on(Kind::Sqlite).await;
    let id = shore.world.enqueue(NewJob::of(&ReconcileCustody {}).unwrap()).await;
    shore.cluster.goes_away_after(1);
    shore.world.run_jobs().await;
    let job = shore.world.job(id).await;
    assert_eq!((job.state, job.failures), (job::State::Queued, 0));
    shore.cluster.is_back();
    shore.world.skip_waits().await;
    shore.world.run_jobs().await;
    assert_eq!(shore.world.job(id).await.state, job::State::Succeeded);
    shore.world.finish().await;
}

#[tokio::test]
async fn without_a_cluster_there_is_nothing_to_compare() {
    let world = World::new().await;
    let id = world.enqueue(NewJob::of(&ReconcileCustody {}).unwrap()).await;
    world.run_jobs().await;
    assert_eq!(world.job(id).await.state, job::State::Succeeded);
    world.finish().await;
}
