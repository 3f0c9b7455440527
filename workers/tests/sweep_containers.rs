//! `sweep_containers`: what dead workers left goes away.

use domain::entities::job;
use jobs::NewJob;
use jobs::kinds::SweepContainers;
use testkit::World;

#[tokio::test]
async fn a_sweep_tidies_up_and_twice_is_once() {
    let world = World::new().await;
    for sweeps in [1, 2] {
        let sweep = world.enqueue(NewJob::of(&SweepContainers {}).unwrap()).await;
        world.run_jobs().await;
        assert_eq!((world.sandbox.sweeps(), world.job(sweep).await.state), (sweeps, job::State::Succeeded));
    }
    world.finish().await;
}
