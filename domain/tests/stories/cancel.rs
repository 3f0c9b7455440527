//! Asking for the end of a run, whenever it is.

use domain::entities::job;
use domain::executions::{ExecutionError, State};
use domain::idempotency::Claim;
use domain::ops::Actor;
use testkit::{Script, World, until};

crate::on_every_engine!(
    a_waiting_run_is_cancelled_at_once,
    a_running_run_is_stopped_and_cancelled,
    cancelling_twice_is_cancelling_once,
    an_architect_who_ends_somebodys_run_leaves_a_line,
    what_is_over_is_not_cancelled,
    a_run_between_two_attempts_is_cancelled_at_once,
    a_repeated_request_is_answered_although_the_run_ended_otherwise,
);

async fn a_waiting_run_is_cancelled_at_once(world: World) {
    let (owner, submitted) = world.accepted_run().await;
    let job = world.domain.executions().cancel(&owner.into(), submitted.execution_id, None).await.unwrap();
    assert_eq!(job.into_inner(), submitted.job_id);
    let execution = world.execution(submitted.execution_id).await;
    assert_eq!(execution.state, State::Cancelled);
    assert!(execution.finished_at.is_some() && execution.cancel_requested_at.is_some());
    assert_eq!(world.job(submitted.job_id).await.state, job::State::Cancelled);
    world.run_jobs().await;
    assert!(world.sandbox.runs().is_empty(), "nothing ran");
    assert_eq!(world.told(&format!("execution:{}", submitted.execution_id)).await, ["queued", "cancelled"]);
    world.finish().await;
}

async fn a_running_run_is_stopped_and_cancelled(world: World) {
    world.sandbox.next(Script::RunsUntilStopped);
    let (owner, submitted) = world.accepted_run().await;
    let id = submitted.execution_id;
    let cancel = async {
        until("the agent works", async || world.log(id).await.len() == 1).await;
        world.domain.executions().cancel(&owner.into(), id, None).await.unwrap();
    };
    tokio::join!(world.run_jobs(), cancel);
    let execution = world.execution(id).await;
    assert_eq!((execution.state, execution.failure_code), (State::Cancelled, None));
    assert_eq!(world.job(submitted.job_id).await.state, job::State::Cancelled);
    assert_eq!(world.told(&format!("execution:{id}")).await, ["queued", "running", "cancelled"]);
    world.finish().await;
}

async fn cancelling_twice_is_cancelling_once(world: World) {
    let (owner, submitted) = world.accepted_run().await;
    let executions = world.domain.executions();
    let owner = Actor::from(owner);
    let (a, b) =
        tokio::join!(executions.cancel(&owner, submitted.execution_id, None), executions.cancel(&owner, submitted.execution_id, None));
    assert_eq!(a.unwrap(), b.unwrap());
    assert_eq!(world.told(&format!("execution:{}", submitted.execution_id)).await, ["queued", "cancelled"]);
    world.finish().await;
}

async fn what_is_over_is_not_cancelled(world: World) {
    let (owner, submitted) = world.accepted_run().await;
    world.run_jobs().await;
    let late = world.domain.executions().cancel(&owner.into(), submitted.execution_id, None).await;
    assert!(matches!(late, Err(ExecutionError::Over { state: State::Succeeded, .. })));
    world.finish().await;
}

async fn a_run_between_two_attempts_is_cancelled_at_once(world: World) {
    for (script, between) in [(Script::BreaksOff, job::State::Retrying), (Script::EngineFails, job::State::Queued)] {
        world.sandbox.next(script);
        let (owner, submitted) = world.accepted_run().await;
        world.run_jobs().await;
        assert_eq!(world.job(submitted.job_id).await.state, between);
        world.domain.executions().cancel(&owner.into(), submitted.execution_id, None).await.unwrap();
        assert_eq!(world.execution(submitted.execution_id).await.state, State::Cancelled);
        assert_eq!(world.job(submitted.job_id).await.state, job::State::Cancelled);
    }
    world.finish().await;
}

async fn a_repeated_request_is_answered_although_the_run_ended_otherwise(world: World) {
    let (owner, submitted) = world.accepted_run().await;
    let claim = Claim::new(&owner, "POST", "/cancel", "key", &serde_json::Value::Null);
    let cancel = async || world.domain.executions().cancel(&owner.into(), submitted.execution_id, Some(&claim)).await.unwrap();
    let first = cancel().await;
    world.database.execute("UPDATE executions SET state = 'succeeded'").await;
    let again = cancel().await;
    assert!(again.is_replay() && first.into_inner() == again.into_inner());
    world.finish().await;
}

async fn an_architect_who_ends_somebodys_run_leaves_a_line(world: World) {
    let (owner, submitted) = world.accepted_run().await;
    let architect = world.caller(domain::accounts::Role::Architect).await;
    let actor = Actor { caller: architect, request_id: Some("req_1".into()) };
    for _ in 0..2 {
        world.domain.executions().cancel(&actor, submitted.execution_id, None).await.unwrap();
    }
    let lines = format!(
        "SELECT count(*) FROM api_audit
         WHERE action = 'cancel_execution' AND request_id = 'req_1' AND actor = '{}' AND resource = '/v1/executions/{}'",
        architect.actor(),
        submitted.execution_id
    );
    assert_eq!(world.database.count(&lines).await, 1);
    let (owner_again, own) = world.accepted_run().await;
    world.domain.executions().cancel(&owner_again.into(), own.execution_id, None).await.unwrap();
    assert_eq!(world.database.count("SELECT count(*) FROM api_audit").await, 1, "what is one's own is one's own business");
    assert_ne!(owner.user_id, owner_again.user_id);
    world.finish().await;
}
