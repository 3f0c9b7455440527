//! Enqueue, retry, cancel, delete: by architects only, once, and written down.

use domain::accounts::Role;
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn a_job_of_any_kind_is_made_by_hand_and_checked_first() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let made = house.post(&guest, "/v1/ops/jobs", &json!({ "kind": "prune_rows", "payload": {}, "priority": 9 })).await;
    assert_eq!((made.status, made.text("kind"), made.text("state")), (202, "prune_rows", "queued"));
    assert_eq!(made.header("location"), format!("/v1/operations/{}", made.text("id")));
    let again = house.post(&guest, "/v1/ops/jobs", &json!({ "kind": "prune_rows", "payload": {} })).await;
    assert_eq!(again.text("id"), made.text("id"), "the live job with the same unique key");
    for (body, pointer) in [
        (json!({ "kind": "dance", "payload": {} }), "/kind"),
        (json!({ "kind": "prune_rows", "payload": { "how": 1 } }), "/payload"),
        (json!({ "kind": "prune_rows", "payload": {}, "priority": 10 }), "/priority"),
    ] {
        let answer = house.post(&guest, "/v1/ops/jobs", &body).await;
        assert_eq!((answer.status, answer.problem(), answer.pointers()), (400, "validation-failed", vec![pointer]));
    }
    let wrong = house.post(&guest, "/v1/ops/jobs", &json!({ "kind": "probe", "payload": { "action": "wait" } })).await;
    let said = wrong.body["errors"][0]["detail"].as_str().unwrap();
    assert!(said.contains("`action`") && said.contains("wait_ms") && !said.contains("variant"), "{said}");
    house.world.run_jobs().await;
    house.close().await;
}

#[tokio::test]
async fn a_check_only_does_nothing() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let body = json!({ "kind": "prune_rows", "payload": {} });
    let checked = house.post(&guest, "/v1/ops/jobs?validate_only=true", &body).await;
    assert_eq!((checked.status, checked.text("state"), checked.body["done"].as_bool()), (200, "validated", Some(true)));
    assert_eq!(house.world.database.count("SELECT count(*) FROM jobs").await, 0);
}

#[tokio::test]
async fn the_same_request_under_one_key_is_one_job() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let body = json!({ "kind": "probe", "payload": { "action": "succeed" } });
    let first = house.post_as(&guest, "k1", "/v1/ops/jobs", &body).await;
    let second = house.post_as(&guest, "k1", "/v1/ops/jobs", &json!({ "payload": { "action": "succeed" }, "kind": "probe" })).await;
    assert_eq!((second.status, second.text("id")), (202, first.text("id")));
    assert_eq!((first.header("idempotent-replayed"), second.header("idempotent-replayed")), ("", "true"));
    let other = house.post_as(&guest, "k1", "/v1/ops/jobs", &json!({ "kind": "prune_rows", "payload": {} })).await;
    assert_eq!((other.status, other.problem()), (422, "idempotency-key-reused"));
    let too_long = house.post_as(&guest, &"k".repeat(256), "/v1/ops/jobs", &body).await;
    assert_eq!((too_long.status, too_long.pointers()), (400, vec!["Idempotency-Key"]));
    house.world.run_jobs().await;
    house.close().await;
}

#[tokio::test]
async fn a_failed_job_is_retried_with_all_its_tries() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let made = house.post(&guest, "/v1/ops/jobs", &json!({ "kind": "probe", "payload": { "action": "fail" } })).await;
    let job = format!("/v1/ops/jobs/{}", made.text("id"));
    let early = house.post(&guest, &format!("{job}/retry"), &json!(null)).await;
    assert_eq!((early.status, early.problem()), (409, "job-state"));
    assert!(early.text("detail").contains("queued"), "{early:?}");
    for _ in 0..3 {
        house.world.run_jobs().await;
        house.world.skip_waits().await;
    }
    let retried = house.post(&guest, &format!("{job}/retry"), &json!(null)).await;
    assert_eq!(
        (retried.status, retried.text("state"), &retried.body["failures"], &retried.body["attempt"]),
        (200, "queued", &json!(0), &json!(3))
    );
    let cancelled = house.post(&guest, &format!("{job}/cancel"), &json!(null)).await;
    assert_eq!((cancelled.status, cancelled.text("state")), (200, "cancelled"));
    assert_eq!(house.post(&guest, &format!("{job}/cancel"), &json!(null)).await.problem(), "job-state");
    let gone = house.delete(&guest, &job).await;
    assert_eq!(gone.status, 204);
    assert_eq!(house.get(&guest, &job).await.status, 404);
    let actions = "SELECT count(*) FROM api_audit WHERE action IN ('enqueue_job', 'retry_job', 'cancel_job', 'delete_job') AND request_id IS NOT NULL";
    assert_eq!(house.world.database.count(actions).await, 4, "what was refused is not an action");
    house.close().await;
}

#[tokio::test]
async fn a_job_between_two_tries_is_tried_at_once_and_keeps_what_it_has_failed() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let made = house.post(&guest, "/v1/ops/jobs", &json!({ "kind": "probe", "payload": { "action": "fail" } })).await;
    let job = format!("/v1/ops/jobs/{}", made.text("id"));
    for failures in [1, 2] {
        house.world.run_jobs().await;
        assert_eq!(house.get(&guest, &job).await.text("state"), "retrying");
        let retried = house.post(&guest, &format!("{job}/retry"), &json!(null)).await;
        assert_eq!((retried.text("state"), &retried.body["failures"]), ("queued", &json!(failures)));
    }
    house.world.run_jobs().await;
    let ended = house.get(&guest, &job).await;
    assert_eq!((ended.text("state"), &ended.body["failures"]), ("failed", &json!(3)), "asking again and again makes nothing endless");
    house.close().await;
}

#[tokio::test]
async fn a_repeated_action_says_that_it_is_one() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let made = house.post(&guest, "/v1/ops/jobs", &json!({ "kind": "probe", "payload": { "action": "succeed" } })).await;
    let entry = jobs::store::schedules::Entry {
        name: "tidy_up",
        kind: jobs::kinds::JobKind::PruneRows,
        payload: json!({}),
        cron: "0 17 * * * *",
        timezone: "UTC",
        catch_up: jobs::store::schedules::CatchUp::Latest,
    };
    jobs::store::schedules::seed(&house.world.database.db, &[entry]).await.unwrap();
    let job = format!("/v1/ops/jobs/{}", made.text("id"));
    for (path, body) in [
        ("/v1/ops/pools/keys/pause".to_owned(), json!(null)),
        ("/v1/ops/pools/keys/resume".to_owned(), json!(null)),
        ("/v1/ops/pools/keys/scale".to_owned(), json!({ "concurrency_max": 2 })),
        ("/v1/ops/schedules/tidy_up/pause".to_owned(), json!(null)),
        ("/v1/ops/schedules/tidy_up/resume".to_owned(), json!(null)),
        ("/v1/ops/schedules/tidy_up/run-now".to_owned(), json!(null)),
        (format!("{job}/cancel"), json!(null)),
        (format!("{job}/retry"), json!(null)),
    ] {
        let first = house.post_as(&guest, "one key for all", &path, &body).await;
        let again = house.post_as(&guest, "one key for all", &format!("{path}?"), &body).await;
        assert_eq!((first.status, again.status), (200, 200), "{path}: {first:?} {again:?}");
        assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"), "{path}");
    }
    assert_eq!(house.world.database.count("SELECT count(*) FROM api_audit").await, 9, "each was done once");
    house.world.run_jobs().await;
    house.close().await;
}

#[tokio::test]
async fn checking_a_fire_or_a_bulk_action_does_nothing() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    assert_eq!(house.post(&guest, "/v1/ops/schedules/none/run-now?validate_only=true", &json!(null)).await.status, 404);
    let bulk = json!({ "action": "cancel", "filter": {} });
    let checked = house.post(&guest, "/v1/ops/jobs/bulk?validate_only=true", &bulk).await;
    assert_eq!((checked.status, checked.text("state")), (200, "validated"));
    assert_eq!(house.world.database.count("SELECT count(*) FROM jobs").await, 0);
}

#[tokio::test]
async fn a_retry_that_would_break_uniqueness_names_the_job_in_its_way() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let body = json!({ "kind": "prune_rows", "payload": {} });
    let first = house.post(&guest, "/v1/ops/jobs", &body).await;
    house.post(&guest, &format!("/v1/ops/jobs/{}/cancel", first.text("id")), &json!(null)).await;
    let second = house.post(&guest, "/v1/ops/jobs", &body).await;
    let conflict = house.post(&guest, &format!("/v1/ops/jobs/{}/retry", first.text("id")), &json!(null)).await;
    assert_eq!((conflict.status, conflict.problem()), (409, "unique-job-exists"));
    assert!(conflict.text("detail").contains(second.text("id")), "{conflict:?}");
    house.world.run_jobs().await;
    house.close().await;
}

/// Every write of the description, tried by somebody who may only look.
#[tokio::test]
async fn observers_and_operators_may_not_act() {
    let house = House::open().await;
    let guests = [house.guest(Role::Observer).await, house.guest(Role::Operator).await];
    let paths = api::openapi::document()["paths"].as_object().unwrap();
    let mut tried = 0;
    for (path, methods) in paths.iter().filter(|(path, _)| path.starts_with("/v1/ops/")) {
        let path = path.replace("{id}", "job_01980000000070008000000000000001").replace("{pool}", "keys").replace("{name}", "prune_rows");
        for method in methods.as_object().unwrap().keys().filter(|method| *method != "get") {
            for guest in &guests {
                let request = house.client.request(method.to_uppercase().parse().unwrap(), &path).body_json(&json!({}));
                let answer = guest.knock(request).await;
                assert_eq!((answer.status, answer.problem()), (403, "forbidden"), "{method} {path}");
                tried += 1;
            }
        }
    }
    assert!(tried >= 20, "{tried}");
    assert_eq!(house.world.database.count("SELECT count(*) FROM api_audit").await, 0);
}
