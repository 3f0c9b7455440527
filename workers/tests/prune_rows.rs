//! `prune_rows`: what is old goes, what is not stays.

use domain::entities::job;
use domain::executions::RunRequest;
use domain::idempotency::Claim;
use jobs::NewJob;
use jobs::kinds::PruneRows;
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

async fn rows(world: &World) -> [i64; 3] {
    let count = async |table: &str| world.database.count(&format!("SELECT count(*) FROM {table}")).await;
    [count("idempotency_keys").await, count("events").await, count("jobs").await]
}
