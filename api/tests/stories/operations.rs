//! Operations: whose they are, and waiting for their end.

use domain::accounts::Role;
use jobs::NewJob;
use jobs::kinds::{Probe, ProbeAction};
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn an_operation_is_its_callers_and_nobody_elses() {
    let house = House::open().await;
    let (owner, stranger) = (house.guest(Role::Operator).await, house.guest(Role::Operator).await);
    let (observer, architect) = (house.guest(Role::Observer).await, house.guest(Role::Architect).await);
    let job = NewJob::of(&Probe { action: ProbeAction::Succeed, concurrency: None }).unwrap().created_by(owner.caller.actor());
    let path = format!("/v1/operations/{}", house.world.enqueue(job).await);
    house.world.run_jobs().await;
    for guest in [&owner, &architect] {
        let answer = house.get(guest, &path).await;
        assert_eq!((answer.status, answer.text("state"), answer.body["done"].as_bool()), (200, "succeeded", Some(true)));
        assert!(answer.body.get("result").is_some());
    }
    let redacted = house.get(&observer, &path).await;
    assert!(redacted.status == 200 && redacted.body.get("result").is_none(), "{redacted:?}");
    let hidden = house.get(&stranger, &path).await;
    assert_eq!((hidden.status, hidden.problem()), (404, "not-found"));
    house.close().await;
}

#[tokio::test]
async fn who_prefers_to_wait_gets_the_end() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let body = json!({ "kind": "probe", "payload": { "action": "succeed" } });
    let asked = guest.knock(house.client.post("/v1/ops/jobs").header("Prefer", "wait=30").body_json(&body));
    let worked = async {
        testkit::until("the job is there", async || house.world.database.count("SELECT count(*) FROM jobs").await == 1).await;
        house.world.run_jobs().await;
    };
    let (answer, ()) = tokio::join!(asked, worked);
    assert_eq!((answer.status, answer.text("state"), answer.header("preference-applied")), (200, "succeeded", "wait=30"));
    house.close().await;
}

#[tokio::test]
async fn who_asks_for_an_operation_may_wait_for_its_end_too() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let made = house.post(&guest, "/v1/ops/jobs", &json!({ "kind": "probe", "payload": { "action": "succeed" } })).await;
    let path = made.header("location");
    let now = house.get(&guest, path).await;
    assert_eq!((now.status, now.text("state"), now.header("preference-applied")), (200, "queued", ""));
    let asked = guest.knock(house.client.get(path).header("Prefer", "wait=30"));
    let (answer, ()) = tokio::join!(asked, house.world.run_jobs());
    assert_eq!((answer.status, answer.text("state"), answer.header("preference-applied")), (200, "succeeded", "wait=30"));
    house.close().await;
}

#[tokio::test]
async fn whoever_waits_in_vain_gets_it_as_it_is() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let body = json!({ "kind": "probe", "payload": { "action": "succeed" }, "delay_seconds": 3600 });
    let answer = guest.knock(house.client.post("/v1/ops/jobs").header("Prefer", "wait=1").body_json(&body)).await;
    assert_eq!((answer.status, answer.text("state"), answer.header("preference-applied")), (202, "queued", ""));
}

#[tokio::test]
async fn a_failed_operation_says_why() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let made = house.post(&guest, "/v1/ops/jobs", &json!({ "kind": "probe", "payload": { "action": "abort" } })).await;
    house.world.run_jobs().await;
    let failed = house.get(&guest, made.header("location")).await;
    assert_eq!((failed.text("state"), &failed.body["error"]["code"]), ("failed", &json!("probe-refused")));
    house.close().await;
}

/// Retention, or an operator, may be faster than the time for which a key is remembered.
#[tokio::test]
async fn a_repeated_request_whose_operation_is_gone_hears_that_it_was_carried_out() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let body = json!({ "kind": "probe", "payload": { "action": "succeed" } });
    let first = house.post_as(&guest, "once", "/v1/ops/jobs", &body).await;
    house.world.run_jobs().await;
    house.world.database.execute("DELETE FROM job_attempts").await;
    house.world.database.execute("DELETE FROM jobs").await;
    let again = house.post_as(&guest, "once", "/v1/ops/jobs", &body).await;
    assert_eq!((first.status, again.status, again.problem()), (202, 410, "operation-gone"));
    assert!(again.text("detail").contains("was carried out"));
    assert_eq!(house.world.database.count("SELECT count(*) FROM jobs").await, 0, "nothing is done again");
    assert_eq!(house.get(&guest, first.header("location")).await.status, 404);
    house.close().await;
}
