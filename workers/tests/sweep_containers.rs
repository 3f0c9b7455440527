//! `sweep_containers`: what dead workers left goes away, and executions end like their jobs did.

use domain::executions::State;
use jobs::NewJob;
use jobs::kinds::SweepContainers;
use testkit::World;

#[tokio::test]
async fn a_sweep_tidies_up_and_twice_is_once() {
    let world = World::new().await;
    let (_, submitted) = world.accepted_run().await;
    world.database.execute("UPDATE jobs SET state = 'quarantined', finished_at = 1").await;
    world.enqueue(NewJob::of(&SweepContainers {}).unwrap()).await;
    world.run_jobs().await;
    assert_eq!((world.sandbox.sweeps(), world.execution(submitted.execution_id).await.state), (1, State::Failed));
    let ended = world.execution(submitted.execution_id).await;
    world.enqueue(NewJob::of(&SweepContainers {}).unwrap()).await;
    world.run_jobs().await;
    assert_eq!((world.sandbox.sweeps(), world.execution(submitted.execution_id).await), (2, ended));
    world.finish().await;
}
