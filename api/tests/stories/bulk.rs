//! One thing done to everything that matches.

use domain::accounts::Role;
use jobs::NewJob;
use jobs::kinds::{Probe, ProbeAction};
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn a_dry_run_counts_and_the_run_does_it() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    for _ in 0..4 {
        house.world.enqueue(NewJob::of(&Probe { action: ProbeAction::Succeed, concurrency: None }).unwrap()).await;
    }
    house.world.database.execute("UPDATE jobs SET state = 'failed', finished_at = 1").await;
    let filter = json!({ "state": "failed", "kind": "probe", "args": { "action": "succeed" } });
    let dry = house.post(&guest, "/v1/ops/jobs/bulk", &json!({ "action": "retry", "filter": filter, "dry_run": true })).await;
    assert_eq!((dry.status, dry.text("state"), &dry.body["result"]["matched"]), (200, "validated", &json!(4)));
    let run = house.post(&guest, "/v1/ops/jobs/bulk", &json!({ "action": "retry", "filter": filter, "dryRun": false })).await;
    assert_eq!((run.status, run.text("kind")), (202, "apply_bulk"));
    house.world.run_jobs().await;
    let done = house.get(&guest, run.header("location")).await;
    assert_eq!((done.text("state"), &done.body["result"]), ("succeeded", &json!({ "matched": 4, "done": 4 })));
    assert_eq!(house.world.database.count("SELECT count(*) FROM jobs WHERE state = 'succeeded'").await, 5);
    house.close().await;
}

#[tokio::test]
async fn a_filter_with_a_misspelt_field_touches_nothing() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let answer = house.post(&guest, "/v1/ops/jobs/bulk", &json!({ "action": "delete", "filter": { "stat": "failed" } })).await;
    assert_eq!((answer.status, answer.pointers()), (400, vec!["/filter/stat"]));
    let whole = house.post(&guest, "/v1/ops/jobs/bulk", &json!({ "action": "erase" })).await;
    assert_eq!(whole.pointers(), ["/action", "/filter"]);
}

#[tokio::test]
async fn one_state_and_several_have_to_hold_both() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let probe = || NewJob::of(&Probe { action: ProbeAction::Succeed, concurrency: None }).unwrap();
    let ended = house.world.enqueue(probe()).await;
    house.world.run_jobs().await;
    let (failed, succeeded) = (house.world.enqueue(probe()).await, ended);
    house.world.database.execute("UPDATE jobs SET state = 'failed', finished_at = 1 WHERE state = 'queued'").await;
    let bulk = async |filter: serde_json::Value| {
        let body = json!({ "action": "delete", "filter": filter, "dry_run": true });
        house.post(&guest, "/v1/ops/jobs/bulk", &body).await
    };
    let both = bulk(json!({ "state": "failed", "states": ["failed", "succeeded"] })).await;
    assert_eq!((both.status, &both.body["result"]["matched"]), (200, &json!(1)), "{failed}, and not {succeeded}");
    let none = bulk(json!({ "state": "failed", "states": ["succeeded"] })).await;
    assert_eq!((none.status, none.pointers()), (400, vec!["/filter/state"]));
    let empty = bulk(json!({ "states": [] })).await;
    assert_eq!((empty.status, empty.pointers()), (400, vec!["/filter/states"]), "no state at all is not every state");
    house.close().await;
}

#[tokio::test]
async fn a_dry_run_that_is_null_is_no_permission() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let body = json!({ "action": "delete", "filter": {}, "dry_run": null });
    let answer = house.post(&guest, "/v1/ops/jobs/bulk", &body).await;
    assert_eq!((answer.status, answer.pointers()), (400, vec!["/dry_run"]));
    assert_eq!(house.world.database.count("SELECT count(*) FROM jobs").await, 0);
}
