//! Once is once.

use domain::executions::{ExecutionError, RunRequest};
use domain::idempotency::{self, Claim, IdempotencyError};
use domain::{Keeping, Settings};
use serde_json::{Value, json};
use testkit::World;

crate::on_every_engine!(
    a_repeated_run_is_one_run,
    many_repetitions_at_once_are_one_run,
    a_key_means_one_body,
    white_space_and_order_of_fields_do_not_make_another_body,
    a_replay_does_not_depend_on_what_has_changed_since,
    a_refused_request_leaves_its_key_free,
    a_key_is_forgotten_after_its_time,
    a_key_is_its_callers_own,
    a_repetition_does_not_wait_for_ever,
);

async fn a_repeated_run_is_one_run(world: World) {
    let owner = world.operator().await;
    let request = runs(&world, &owner).await;
    let claim = claim(&owner, "k", &json!({ "a": 1 }));
    let first = world.domain.executions().submit(&owner, request.clone(), Some(&claim)).await.unwrap();
    let again = world.domain.executions().submit(&owner, request, Some(&claim)).await.unwrap();
    assert!(!first.is_replay() && again.is_replay());
    assert_eq!(first.into_inner(), again.into_inner());
    assert_eq!(world.database.count("SELECT count(*) FROM executions").await, 1);
    assert_eq!(world.database.count("SELECT count(*) FROM jobs").await, 1);
    world.run_jobs().await;
    world.finish().await;
}

async fn many_repetitions_at_once_are_one_run(world: World) {
    let owner = world.operator().await;
    let request = runs(&world, &owner).await;
    let claim = claim(&owner, "k", &json!({ "a": 1 }));
    let all = (0..16).map(|_| {
        let (domain, request, claim, owner) = (world.domain.clone(), request.clone(), claim.clone(), owner);
        async move { domain.executions().submit(&owner, request, Some(&claim)).await.unwrap() }
    });
    let all = futures::future::join_all(all).await;
    assert_eq!(all.iter().filter(|once| !once.is_replay()).count(), 1);
    assert_eq!(world.database.count("SELECT count(*) FROM executions").await, 1);
    world.run_jobs().await;
    world.finish().await;
}

async fn a_key_means_one_body(world: World) {
    let owner = world.operator().await;
    let request = runs(&world, &owner).await;
    let submit = async |body: Value| world.domain.executions().submit(&owner, request.clone(), Some(&claim(&owner, "k", &body))).await;
    submit(json!({ "a": 1 })).await.unwrap();
    let refused = submit(json!({ "a": 2 })).await;
    assert!(matches!(refused, Err(ExecutionError::Idempotency(IdempotencyError::Reused))));
    world.run_jobs().await;
    world.finish().await;
}

async fn white_space_and_order_of_fields_do_not_make_another_body(world: World) {
    let owner = world.operator().await;
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let one = claim(&owner, "k", &parse(r#"{"a": 1, "b": {"c": [1, 2], "d": null}}"#));
    let two = claim(&owner, "k", &parse("{ \"b\": {\"d\":null, \"c\":[1,2]},\n\"a\":1 }"));
    assert_eq!(one, two);
    assert_ne!(one, claim(&owner, "k", &parse(r#"{"a": 1, "b": {"c": [2, 1], "d": null}}"#)));
    world.finish().await;
}

async fn a_replay_does_not_depend_on_what_has_changed_since(world: World) {
    let owner = world.operator().await;
    let request = runs(&world, &owner).await;
    let claim = claim(&owner, "k", &json!({}));
    let first = world.domain.executions().submit(&owner, request.clone(), Some(&claim)).await.unwrap();
    world.domain.agents().delete(&owner, request.agent_id, None).await.unwrap();
    let again = world.domain.executions().submit(&owner, request, Some(&claim)).await.unwrap();
    assert_eq!(first.into_inner(), again.into_inner());
    world.run_jobs().await;
    world.finish().await;
}

async fn a_refused_request_leaves_its_key_free(world: World) {
    let owner = world.operator().await;
    let request = runs(&world, &owner).await;
    let claim = claim(&owner, "k", &json!({}));
    let wrong = RunRequest { input: json!({ "text": 1 }), ..request.clone() };
    assert!(matches!(world.domain.executions().submit(&owner, wrong, Some(&claim)).await, Err(ExecutionError::Input { .. })));
    assert!(!world.domain.executions().submit(&owner, request, Some(&claim)).await.unwrap().is_replay());
    world.run_jobs().await;
    world.finish().await;
}

async fn a_key_is_forgotten_after_its_time(world: World) {
    let owner = world.operator().await;
    let request = runs(&world, &owner).await;
    let claim = claim(&owner, "k", &json!({}));
    world.domain.executions().submit(&owner, request.clone(), Some(&claim)).await.unwrap();
    assert_eq!(idempotency::prune(&world.domain, 10).await.unwrap(), 0);
    world.database.execute("UPDATE idempotency_keys SET expires_at = 1").await;
    assert!(!world.domain.executions().submit(&owner, request, Some(&claim)).await.unwrap().is_replay(), "an old key may be used anew");
    world.database.execute("UPDATE idempotency_keys SET expires_at = 1").await;
    assert_eq!(idempotency::prune(&world.domain, 10).await.unwrap(), 1);
    world.run_jobs().await;
    world.finish().await;
}

async fn a_key_is_its_callers_own(world: World) {
    let (ann, ben) = (world.operator().await, world.operator().await);
    assert_ne!(claim(&ann, "k", &json!({})).scope_hash, claim(&ben, "k", &json!({})).scope_hash);
    assert_ne!(claim(&ann, "k", &json!({})).scope_hash, claim(&ann, "K", &json!({})).scope_hash);
    world.finish().await;
}

async fn a_repetition_does_not_wait_for_ever(world: World) {
    let keeping = Keeping { idempotency_wait_ms: 100, ..Keeping::default() };
    let impatient = World::with(world.database.kind, Settings { keeping, ..Settings::default() }).await;
    world.finish().await;
    let owner = impatient.operator().await;
    let request = runs(&impatient, &owner).await;
    let claim = claim(&owner, "k", &json!({}));
    let first = impatient.database.db.write().await.unwrap();
    assert_eq!(idempotency::claim::<Value>(&impatient.domain, &first, Some(&claim)).await.unwrap(), None);
    let meanwhile = impatient.domain.executions().submit(&owner, request.clone(), Some(&claim)).await;
    assert!(matches!(meanwhile, Err(ExecutionError::Idempotency(IdempotencyError::InProgress))), "{meanwhile:?}");
    first.rollback().await.unwrap();
    assert!(!impatient.domain.executions().submit(&owner, request, Some(&claim)).await.unwrap().is_replay());
    impatient.run_jobs().await;
    impatient.finish().await;
}

async fn runs(world: &World, owner: &domain::Caller) -> RunRequest {
    RunRequest { agent_id: world.agent(owner).await.row.id, input: json!({ "text": "a" }) }
}

fn claim(caller: &domain::Caller, key: &str, body: &Value) -> Claim {
    Claim::new(caller, "POST", "/v1/executions", key, body)
}
