//! What operators do to jobs and pools, and the line that each act leaves.

use std::time::Duration;

use domain::accounts::Role;
use domain::entities::id::JobId;
use domain::entities::job::State;
use domain::ops::{Actor, ArgMatch, BulkRequest, JobFilter, OpsError, PoolView};
use jobs::kinds::{BulkAction, Probe, ProbeAction};
use jobs::{NewJob, Pool};
use serde_json::json;
use testkit::World;

crate::on_every_engine!(
    a_bulk_by_a_value_in_the_payload_does_what_its_dry_run_counted,
    the_state_of_a_job_decides_what_may_be_done_to_it,
    a_paused_and_scaled_pool_is_so_for_everybody_until_somebody_undoes_it
);

fn probe(action: ProbeAction) -> NewJob {
    NewJob::of(&Probe { action, concurrency: None }).unwrap()
}

fn later(wait_ms: u64) -> NewJob {
    probe(ProbeAction::Wait { wait_ms }).delayed(Duration::from_hours(1))
}

async fn architect(world: &World) -> Actor {
    Actor { caller: world.caller(Role::Architect).await, request_id: None }
}

/// How often this was done, as the audit says.
async fn audited(world: &World, action: &str) -> i64 {
    world.database.count(&format!("SELECT count(*) FROM api_audit WHERE action = '{action}'")).await
}

async fn a_bulk_by_a_value_in_the_payload_does_what_its_dry_run_counted(world: World) {
    let actor = architect(&world).await;
    let meant = world.enqueue_all(vec![later(5), later(5), later(5)]).await;
    let others = [world.enqueue(later(50)).await, world.enqueue(probe(ProbeAction::Succeed).delayed(Duration::from_hours(1))).await];
    let filter = JobFilter { args: vec![ArgMatch { path: "action.wait.wait_ms".into(), value: "5".into() }], ..JobFilter::default() };
    let request = BulkRequest { action: BulkAction::Cancel, filter };

    assert_eq!(world.domain.ops().count_bulk(&request).await.unwrap(), 3);
    assert_eq!(world.job(meant[0]).await.state, State::Queued, "a dry run does nothing");
    assert_eq!(audited(&world, "bulk_jobs").await, 0);

    let bulk = world.domain.ops().bulk(&actor, &request, None).await.unwrap().into_inner();
    let too_late = world.enqueue(later(5)).await;
    world.run_jobs().await;

    assert_eq!(world.job(bulk).await.result.unwrap(), json!({ "matched": 3, "done": 3 }));
    for id in meant {
        assert_eq!(world.job(id).await.state, State::Cancelled);
    }
    for id in others.into_iter().chain([too_late]) {
        assert_eq!(world.job(id).await.state, State::Queued, "nobody asked for this one");
        world.domain.ops().cancel(&actor, id, None).await.unwrap();
    }
    assert_eq!((audited(&world, "bulk_jobs").await, audited(&world, "cancel_job").await), (1, 3));
    world.finish().await;
}

async fn the_state_of_a_job_decides_what_may_be_done_to_it(world: World) {
    let actor = architect(&world).await;
    let ops = world.domain.ops();
    let refused = |id: JobId, state: &'static str, done: Result<(), OpsError>| {
        assert!(matches!(&done, Err(OpsError::State { job, state: said, .. }) if *job == id && *said == state), "{state}: {done:?}");
    };
    let waiting = world.enqueue(later(5)).await;
    refused(waiting, "queued", ops.retry(&actor, waiting, None).await.map(drop));
    refused(waiting, "queued", ops.delete(&actor, waiting).await);

    ops.cancel(&actor, waiting, None).await.unwrap();
    refused(waiting, "cancelled", ops.cancel(&actor, waiting, None).await.map(drop));
    ops.retry(&actor, waiting, None).await.unwrap();
    let again = world.job(waiting).await;
    assert_eq!((again.state, again.cancel_requested_at, again.finished_at), (State::Queued, None, None));
    world.run_jobs().await;

    refused(waiting, "succeeded", ops.retry(&actor, waiting, None).await.map(drop));
    refused(waiting, "succeeded", ops.cancel(&actor, waiting, None).await.map(drop));
    ops.delete(&actor, waiting).await.unwrap();
    assert_eq!(world.database.count("SELECT count(*) FROM jobs").await, 0);
    assert_eq!(world.database.count("SELECT count(*) FROM job_attempts").await, 0, "its attempts go with it");
    assert!(matches!(ops.delete(&actor, waiting).await, Err(OpsError::Missing { .. })));
    let acts = ["cancel_job", "retry_job", "delete_job"];
    for action in acts {
        assert_eq!(audited(&world, action).await, 1, "{action}: what was refused is no act");
    }
    world.finish().await;
}

async fn a_paused_and_scaled_pool_is_so_for_everybody_until_somebody_undoes_it(world: World) {
    let actor = architect(&world).await;
    let ops = world.domain.ops();
    let seen = async || -> PoolView { ops.pools().await.unwrap().into_iter().find(|view| view.pool == Pool::Simulation).unwrap() };
    ops.pause_pool(&actor, Pool::Simulation, true, None).await.unwrap();
    ops.scale_pool(&actor, Pool::Simulation, Some(3), None).await.unwrap();
    let job = world.enqueue(probe(ProbeAction::Succeed)).await;
    let view = seen().await;
    assert_eq!((view.paused, view.concurrency_max), (true, Some(3)));
    let other = ops.pools().await.unwrap().into_iter().find(|view| view.pool == Pool::Keys).unwrap();
    assert_eq!((other.paused, other.concurrency_max), (false, None), "the others go on");

    ops.pause_pool(&actor, Pool::Simulation, false, None).await.unwrap();
    ops.scale_pool(&actor, Pool::Simulation, None, None).await.unwrap();
    let view = seen().await;
    assert_eq!((view.paused, view.concurrency_max), (false, None), "its settings rule again");
    world.run_jobs().await;
    assert_eq!(world.job(job).await.state, State::Succeeded);
    for (action, times) in [("pause_pool", 1), ("resume_pool", 1), ("scale_pool", 2)] {
        assert_eq!(audited(&world, action).await, times, "{action}");
    }
    world.finish().await;
}
