//! How an agent has done.

use domain::agents::AgentStats;
use domain::ports::sandbox::FailureCode;
use serde_json::json;
use testkit::{Script, World, draft};

crate::on_every_engine!(an_agent_without_runs_has_no_rates, runs_are_counted_and_timed_for_each_version);

async fn an_agent_without_runs_has_no_rates(world: World) {
    let owner = world.operator().await;
    let id = world.agent(&owner).await.row.id;
    assert_eq!(world.domain.agents().stats(&owner, id, None).await.unwrap(), AgentStats::default());
    world.finish().await;
}

async fn runs_are_counted_and_timed_for_each_version(world: World) {
    let owner = world.operator().await;
    let id = world.agent(&owner).await.row.id;
    world.sandbox.next(Script::Fails(FailureCode::ExitCode));
    for _ in 0..4 {
        world.run_agent(&owner, id, json!({ "text": "a" })).await;
    }
    world.run_jobs().await;
    world.domain.agents().update(&owner, id, draft(), None).await.unwrap();
    world.run_agent(&owner, id, json!({ "text": "a" })).await;
    let first = world.domain.agents().stats(&owner, id, Some(1)).await.unwrap();
    assert_eq!((first.executions["succeeded"], first.executions["failed"], first.success_rate), (3, 1, Some(0.75)));
    assert_eq!((first.wall_ms_mean, first.wall_ms_p95), (Some(34.0), Some(34)));
    let both = world.domain.agents().stats(&owner, id, None).await.unwrap();
    assert_eq!(both.executions["queued"], 1);
    let second = world.domain.agents().stats(&owner, id, Some(2)).await.unwrap();
    assert_eq!((second.executions.len(), second.success_rate), (1, None));
    world.run_jobs().await;
    world.finish().await;
}
