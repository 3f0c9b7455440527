//! `prune_rows`: what is old goes, what is not stays.

use std::time::Duration;

use domain::accounts::Role;
use domain::entities::job;
use domain::events;
use domain::executions::RunRequest;
use domain::idempotency::Claim;
use domain::ops::Actor;
use jobs::kinds::PruneRows;
use jobs::{NewJob, Pool};
use serde_json::json;
use testkit::World;

#[tokio::test]
async fn what_is_old_goes_and_twice_is_once() {
    let world = World::new().await;
    let owner = world.operator().await;
    let agent_id = world.agent(&owner).await.row.id;
    let claim = Claim::new(&owner, "POST", "/v1/executions", "key", &json!({}));
    let request = RunRequest { agent_id, input: json!({ "text": "a" }) };
    world.domain.executions().submit(&owner, request, Some(&claim)).await.unwrap();
    world.run_jobs().await;
    let prune = world.enqueue(NewJob::of(&PruneRows {}).unwrap()).await;
    world.run_jobs().await;
    assert_eq!(rows(&world).await, [1, 3, 2], "nothing is old yet");
    events::sequence(&world.domain, 10).await.unwrap();
    for sql in [
        "UPDATE idempotency_keys SET expires_at = 1",
        "UPDATE events SET created_at = 1",
        "UPDATE jobs SET finished_at = 1 WHERE kind = 'run_agent'",
    ] {
        world.database.execute(sql).await;
    }
    for _ in 0..2 {
        world.database.execute("UPDATE jobs SET state = 'queued', finished_at = NULL WHERE kind = 'prune_rows'").await;
        world.run_jobs().await;
        assert_eq!(rows(&world).await, [0, 0, 1]);
    }
    assert_eq!(world.job(prune).await.state, job::State::Succeeded);
    world.finish().await;
}

#[tokio::test]
async fn runs_with_their_lines_the_audit_and_used_links_go_too() {
    let world = World::new().await;
    let long_ago = Duration::from_hours(24 * 400);
    world.clock.rewind(long_ago);
    world.accepted_run().await;
    world.run_jobs().await;
    let architect = world.domain.accounts().bootstrap().await.unwrap().expect("the first start makes one");
    world.domain.sign_ins().by_link(&architect.secret).await.unwrap();
    let actor = Actor { caller: world.caller(Role::Architect).await, request_id: None };
    world.domain.ops().pause_pool(&actor, Pool::Keys, true, None).await.unwrap();
    world.clock.advance(long_ago);
    world.accepted_run().await;
    world.run_jobs().await;
    world.enqueue(NewJob::of(&PruneRows {}).unwrap()).await;
    world.run_jobs().await;
    let count = async |table: &str| world.database.count(&format!("SELECT count(*) FROM {table}")).await;
    assert_eq!(
        [count("executions").await, count("execution_logs").await, count("api_audit").await, count("login_links").await],
        [1, 1, 0, 0]
    );
    world.finish().await;
}

/// A busy house has something new to prune at each look.
#[tokio::test]
async fn rows_that_keep_growing_old_do_not_keep_it_for_ever() {
    let world = World::new().await;
    for sql in [
        "INSERT INTO rate_limit_buckets (bucket, full_at, units) VALUES ('hydra', 1, 1)",
        "CREATE TRIGGER hydra AFTER DELETE ON rate_limit_buckets
         BEGIN INSERT INTO rate_limit_buckets (bucket, full_at, units) VALUES (OLD.bucket, OLD.full_at, OLD.units); END",
    ] {
        world.database.execute(sql).await;
    }
    let prune = world.enqueue(NewJob::of(&PruneRows {}).unwrap()).await;
    world.run_jobs().await;
    assert_eq!(world.job(prune).await.state, job::State::Succeeded);
    world.finish().await;
}

async fn rows(world: &World) -> [i64; 3] {
    let count = async |table: &str| world.database.count(&format!("SELECT count(*) FROM {table}")).await;
    [count("idempotency_keys").await, count("events").await, count("jobs").await]
}
