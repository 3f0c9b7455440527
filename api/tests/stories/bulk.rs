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
