//! `reconcile_executions`: executions end like their jobs did, although nobody looks at them.

use domain::executions::State;
use jobs::NewJob;
use jobs::kinds::ReconcileExecutions;
use testkit::World;

#[tokio::test]
async fn executions_end_with_their_jobs_and_twice_is_once() {
    let world = World::new().await;
    for (job, because, ends, code) in [
        ("quarantined", "quarantined", State::Failed, Some("quarantined")),
        ("failed", "undecodable-payload", State::Failed, Some("infrastructure")),
        ("cancelled", "", State::Cancelled, None),
    ] {
        let (_, submitted) = world.accepted_run().await;
        let sql = format!("UPDATE jobs SET state = '{job}', error_code = '{because}', finished_at = 1 WHERE state = 'queued'");
        world.database.execute(&sql).await;
        reconcile(&world).await;
        let ended = world.execution(submitted.execution_id).await;
        assert_eq!((ended.state, ended.failure_code.as_deref()), (ends, code), "{job}");
        assert!(ended.finished_at.is_some());
        reconcile(&world).await;
        assert_eq!(world.execution(submitted.execution_id).await, ended);
        assert_eq!(world.told(&format!("execution:{}", submitted.execution_id)).await, ["queued", ends.name()]);
    }
    assert_eq!(world.sandbox.sweeps(), 0, "no engine is needed for it");
    world.finish().await;
}

#[tokio::test]
async fn a_run_that_waits_is_left_alone() {
    let world = World::new().await;
    let (_, submitted) = world.accepted_run().await;
    assert_eq!(world.domain.executions().reconcile(10).await.unwrap(), 0);
    assert_eq!(world.execution(submitted.execution_id).await.state, State::Queued);
    reconcile(&world).await;
    assert_eq!(world.execution(submitted.execution_id).await.state, State::Succeeded);
    world.finish().await;
}

async fn reconcile(world: &World) {
    world.enqueue(NewJob::of(&ReconcileExecutions {}).unwrap()).await;
    world.run_jobs().await;
}
