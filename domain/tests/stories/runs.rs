//! A run from the request to the result, and what happens when its job ends without its handler.

use domain::Fault as _;
use domain::accounts::Role;
use domain::agents::AgentDraft;
use domain::entities::job;
use domain::executions::{ExecutionError, RunRequest, State};
use domain::ops::{Actor, BulkRequest, JobFilter, OpsError};
use domain::paging::PageRequest;
use jobs::kinds::BulkAction;
use serde_json::{Value, json};
use testkit::{Script, World, draft};

crate::on_every_engine!(
    an_accepted_run_is_a_row_a_job_and_an_event,
    an_input_is_checked_before_anything_is_written,
    checking_alone_writes_nothing,
    a_run_keeps_the_version_it_was_accepted_for,
    somebody_elses_execution_is_not_there,
    a_run_whose_job_was_quarantined_fails_by_name,
    a_run_whose_job_was_cancelled_in_operations_is_cancelled,
    a_run_that_failed_for_our_reasons_runs_when_its_job_is_retried,
    a_run_that_is_put_off_waits_in_the_queue_and_says_what_for,
    a_cancelled_run_is_not_run_again_by_a_retry_of_its_job,
);

async fn an_accepted_run_is_a_row_a_job_and_an_event(world: World) {
    let (owner, submitted) = world.accepted_run().await;
    let execution = world.domain.executions().get(&owner, submitted.execution_id).await.unwrap();
    assert_eq!((execution.state, execution.attempt, execution.job_id), (State::Queued, 0, submitted.job_id));
    let job = world.job(submitted.job_id).await;
    assert_eq!(job.resource, Some(format!("/v1/executions/{}", submitted.execution_id)));
    assert_eq!(job.created_by, Some(owner.actor()));
    world.run_jobs().await;
    assert_eq!(world.told(&format!("execution:{}", submitted.execution_id)).await, ["queued", "running", "succeeded"]);
    world.finish().await;
}

async fn an_input_is_checked_before_anything_is_written(world: World) {
    let owner = world.operator().await;
    let agent_id = world.agent(&owner).await.row.id;
    let submit = async |input: Value| world.domain.executions().submit(&owner, RunRequest { agent_id, input }, None).await.unwrap_err();
    let places = |error: ExecutionError| error.fields().iter().map(|field| field.pointer.clone()).collect::<Vec<_>>();
    assert_eq!(places(submit(json!({ "text": 1 })).await), ["/input/text"]);
    assert_eq!(places(submit(json!({})).await), ["/input"]);
    assert_eq!(places(submit(json!(["text"])).await), ["/input"]);
    assert_eq!(places(submit(json!({ "text": "a\0b" })).await), ["/input"], "NUL is nothing that PostgreSQL can hold");
    assert_eq!(places(submit(json!({ "text": "x".repeat(1 << 20) })).await), ["/input"], "too large");
    assert_eq!(world.database.count("SELECT count(*) FROM executions").await, 0);
    world.finish().await;
}

async fn checking_alone_writes_nothing(world: World) {
    let owner = world.operator().await;
    let agent_id = world.agent(&owner).await.row.id;
    world.domain.executions().validate(&owner, RunRequest { agent_id, input: json!({ "text": "a" }) }).await.unwrap();
    assert!(world.domain.executions().validate(&owner, RunRequest { agent_id, input: json!({}) }).await.is_err());
    assert_eq!(world.database.count("SELECT count(*) FROM jobs").await, 0);
    world.finish().await;
}

async fn a_run_keeps_the_version_it_was_accepted_for(world: World) {
    let (owner, submitted) = world.accepted_run().await;
    let agent_id = world.execution(submitted.execution_id).await.agent_id;
    let next = AgentDraft { image: "tallyman/other:2".into(), ..draft() };
    world.domain.agents().update(&owner, agent_id, next, None).await.unwrap();
    world.run_jobs().await;
    assert_eq!(world.sandbox.runs()[0].image, draft().image);
    assert_eq!(world.execution(submitted.execution_id).await.agent_version, 1);
    world.finish().await;
}

async fn somebody_elses_execution_is_not_there(world: World) {
    let (_, submitted) = world.accepted_run().await;
    let stranger = world.operator().await;
    let executions = world.domain.executions();
    assert!(matches!(executions.get(&stranger, submitted.execution_id).await, Err(ExecutionError::Missing { .. })));
    assert!(matches!(executions.cancel(&stranger.into(), submitted.execution_id, None).await, Err(ExecutionError::Missing { .. })));
    let logs = executions.logs(&stranger, submitted.execution_id, 0, &PageRequest::default()).await;
    assert!(matches!(logs, Err(ExecutionError::Missing { .. })));
    world.run_jobs().await;
    world.finish().await;
}

async fn a_run_whose_job_was_quarantined_fails_by_name(world: World) {
    let (owner, submitted) = world.accepted_run().await;
    world.database.execute("UPDATE jobs SET state = 'quarantined', finished_at = 1").await;
    let execution = world.domain.executions().get(&owner, submitted.execution_id).await.unwrap();
    assert_eq!((execution.state, execution.failure_code.as_deref()), (State::Failed, Some("quarantined")));
    assert_eq!(world.told(&format!("execution:{}", submitted.execution_id)).await, ["queued", "failed"]);
    world.finish().await;
}

async fn a_run_whose_job_was_cancelled_in_operations_is_cancelled(world: World) {
    let (_, submitted) = world.accepted_run().await;
    let txn = world.database.db.write().await.unwrap();
    let wake = world.domain.queue().cancel(&txn, submitted.job_id).await.unwrap();
    jobs::commit(txn, wake).await.unwrap();
    assert_eq!(world.domain.executions().reconcile(100).await.unwrap(), 1);
    assert_eq!(world.domain.executions().reconcile(100).await.unwrap(), 0, "once is enough");
    assert_eq!(world.execution(submitted.execution_id).await.state, State::Cancelled);
    world.finish().await;
}

async fn a_run_that_failed_for_our_reasons_runs_when_its_job_is_retried(world: World) {
    let (owner, submitted) = world.accepted_run().await;
    world
        .database
        .execute(
            "UPDATE jobs SET state = 'failed', error_code = 'internal', last_error = 'no space left on /var/lib/docker', finished_at = 1",
        )
        .await;
    let failed = world.domain.executions().get(&owner, submitted.execution_id).await.unwrap();
    assert_eq!(failed.failure_code.as_deref(), Some("infrastructure"));
    assert!(failed.failure_message.is_some_and(|message| message.contains("a reason of ours") && !message.contains("/var/lib")));
    let seen = async |caller: &domain::Caller| world.domain.operations().get(caller, submitted.job_id).await.unwrap();
    let (own, inside) = (seen(&owner).await, seen(&world.caller(Role::Architect).await).await);
    assert_eq!(own.error_code.as_deref(), Some("infrastructure"), "the same code in the operation as in the execution");
    assert!(own.last_error.is_some_and(|error| !error.contains("/var/lib")));
    assert!(inside.last_error.is_some_and(|error| error.contains("/var/lib")), "those who run the house see why");
    world.database.execute("UPDATE jobs SET state = 'queued', finished_at = NULL, run_at = 1").await;
    world.run_jobs().await;
    let execution = world.execution(submitted.execution_id).await;
    assert_eq!((execution.state, execution.failure_code), (State::Succeeded, None));
    world.finish().await;
}

async fn a_run_that_is_put_off_waits_in_the_queue_and_says_what_for(world: World) {
    let ((owner, submitted), architect) = (world.accepted_run().await, world.caller(Role::Architect).await);
    let waits = [
        (Script::EngineAway, "does not answer"),
        (Script::RegistryAway, "cannot be fetched now"),
        (Script::EngineFails, "could not start it"),
    ];
    for (script, words) in waits {
        world.sandbox.next(script);
        world.run_jobs().await;
        let execution = world.execution(submitted.execution_id).await;
        let operation = world.domain.operations().get(&owner, submitted.job_id).await.unwrap();
        assert_eq!((execution.state, operation.state), (State::Queued, job::State::Queued));
        for said in [execution.waiting_for, operation.last_error] {
            let said = said.expect("a run that is put off says what it waits for");
            assert!(said.contains(words) && !said.contains("/var/lib"), "{said}");
        }
        let inside = world.domain.operations().get(&architect, submitted.job_id).await.unwrap();
        assert_eq!(inside.last_error, world.job(submitted.job_id).await.last_error, "those who run the house see what the job itself says");
        assert_eq!(execution.started_at, None);
        world.skip_waits().await;
    }
    let told = async || world.told(&format!("execution:{}", submitted.execution_id)).await;
    assert_eq!(told().await, ["queued"], "nothing has changed for those who are told");
    world.run_jobs().await;
    assert_eq!(told().await, ["queued", "running", "succeeded"]);
    let execution = world.execution(submitted.execution_id).await;
    assert_eq!((execution.state, execution.waiting_for), (State::Succeeded, None));
    world.finish().await;
}

async fn a_cancelled_run_is_not_run_again_by_a_retry_of_its_job(world: World) {
    let (owner, submitted) = world.accepted_run().await;
    world.domain.executions().cancel(&owner.into(), submitted.execution_id, None).await.unwrap();
    let actor = Actor { caller: world.caller(Role::Architect).await, request_id: None };
    let refused = world.domain.ops().retry(&actor, submitted.job_id, None).await;
    assert!(matches!(&refused, Err(OpsError::State { why, .. }) if why.contains("start a new one")), "{refused:?}");
    let filter = JobFilter { kind: Some("run_agent".into()), ..JobFilter::default() };
    let request = BulkRequest { action: BulkAction::Retry, filter };
    assert_eq!(world.domain.ops().count_bulk(&request).await.unwrap(), 0);
    let bulk = world.domain.ops().bulk(&actor, &request, None).await.unwrap().into_inner();
    world.run_jobs().await;
    assert_eq!(world.job(bulk).await.result.unwrap(), json!({ "matched": 0, "done": 0 }));
    assert_eq!(world.job(submitted.job_id).await.state, job::State::Cancelled);
    assert_eq!(world.execution(submitted.execution_id).await.state, State::Cancelled);
    world.finish().await;
}
