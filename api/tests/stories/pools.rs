//! Pools, workers and schedules.

use domain::accounts::Role;
use jobs::NewJob;
use jobs::kinds::{Probe, ProbeAction};
use serde_json::{Value, json};

use crate::house::{Answer, House};

fn pool(answer: &Answer, name: &str) -> Value {
    answer.body["pools"].as_array().unwrap().iter().find(|pool| pool["name"] == name).unwrap().clone()
}

#[tokio::test]
async fn a_pool_is_paused_for_everybody_and_says_what_waits() {
    let house = House::open().await;
    let (architect, observer) = (house.guest(Role::Architect).await, house.guest(Role::Observer).await);
    house.world.enqueue(NewJob::of(&Probe { action: ProbeAction::Succeed, concurrency: None }).unwrap()).await;
    let paused = house.post(&architect, "/v1/ops/pools/simulation/pause", &json!(null)).await;
    assert_eq!((paused.status, paused.body["paused"].as_bool()), (200, Some(true)));
    let listed = pool(&house.get(&observer, "/v1/ops/pools").await, "simulation");
    assert_eq!((&listed["paused"], &listed["counts"]["queued"]), (&json!(true), &json!(1)));
    assert!(listed["oldest_wait_ms"].is_u64());
    let scaled = house.post(&architect, "/v1/ops/pools/simulation/scale", &json!({ "concurrencyMax": 3 })).await;
    assert_eq!(scaled.body["concurrency_max"], 3);
    let resumed = house.post(&architect, "/v1/ops/pools/simulation/resume", &json!(null)).await;
    assert_eq!((resumed.body["paused"].as_bool(), &resumed.body["concurrency_max"]), (Some(false), &json!(3)));
    assert_eq!(house.post(&architect, "/v1/ops/pools/swimming/pause", &json!(null)).await.status, 404);
    assert_eq!(house.post(&architect, "/v1/ops/pools/keys/scale", &json!({ "concurrency_max": 0 })).await.pointers(), ["/concurrency_max"]);
    house.world.run_jobs().await;
    house.close().await;
}

#[tokio::test]
async fn workers_are_shown_with_the_age_of_their_heartbeat() {
    let house = House::open().await;
    let guest = house.guest(Role::Observer).await;
    let sign = jobs::store::workers::Sign { worker: "w1", pool: jobs::Pool::Keys, concurrency: 4, busy: 1, draining: false };
    jobs::store::workers::sign(&house.world.database.db, &sign).await.unwrap();
    let answer = house.get(&guest, "/v1/ops/workers").await;
    let worker = &answer.body["workers"][0];
    assert_eq!((&worker["id"], &worker["state"], &worker["busy"]), (&json!("w1"), &json!("running"), &json!(1)));
    assert!(worker["heartbeat_age_ms"].as_u64().unwrap() < 30_000);
    let ready = Answer::of(house.client.get("/health/ready").send().await).await;
    let keys = ready.body["pools"].as_array().unwrap().iter().find(|pool| pool["name"] == "keys").unwrap().clone();
    assert_eq!((&keys["state"], &keys["workers"]), (&json!("ok"), &json!(1)));
    let there = pool(&house.get(&guest, "/v1/ops/pools").await, "keys");
    assert_eq!((&there["workers"], &there["busy"]), (&json!(1), &json!(1)));
    house.world.database.execute("UPDATE workers SET heartbeat_at = heartbeat_at - 31000000").await;
    let gone = pool(&house.get(&guest, "/v1/ops/pools").await, "keys");
    assert_eq!((&gone["workers"], &gone["busy"]), (&json!(0), &json!(0)), "nobody hears of it any more");
    let ready = Answer::of(house.client.get("/health/ready").send().await).await;
    assert_eq!(pool(&ready, "keys")["workers"], 0);
}

#[tokio::test]
async fn a_schedule_fires_when_somebody_asks() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let entry = jobs::store::schedules::Entry {
        name: "tidy_up",
        kind: jobs::kinds::JobKind::PruneRows,
        payload: json!({}),
        cron: "0 17 * * * *",
        timezone: "UTC",
        catch_up: jobs::store::schedules::CatchUp::Latest,
    };
    jobs::store::schedules::seed(&house.world.database.db, &[entry]).await.unwrap();
    let fired = house.post_as(&guest, "once", "/v1/ops/schedules/tidy_up/run-now", &json!(null)).await;
    assert_eq!((fired.status, &fired.body["last_fire"]["reason"]), (200, &json!("run_now")));
    house.post_as(&guest, "once", "/v1/ops/schedules/tidy_up/run-now", &json!(null)).await;
    let history = house.get(&guest, "/v1/ops/schedules/tidy_up/history").await;
    assert_eq!(history.column("fires", "reason"), ["run_now"], "one key, one fire");
    for key in ["twice", "thrice"] {
        house.post_as(&guest, key, "/v1/ops/schedules/tidy_up/run-now", &json!(null)).await;
    }
    let page = house.get(&guest, "/v1/ops/schedules/tidy_up/history?page_size=2").await;
    assert_eq!(page.column("fires", "reason").len(), 2);
    let rest = house.get(&guest, &format!("/v1/ops/schedules/tidy_up/history?page_token={}", page.text("next_page_token"))).await;
    assert_eq!((rest.column("fires", "fire_at"), rest.body.get("next_page_token")), (history.column("fires", "fire_at"), None));
    let paused = house.post(&guest, "/v1/ops/schedules/tidy_up/pause", &json!(null)).await;
    assert_eq!(paused.body["paused"], true);
    let listed = house.get(&guest, "/v1/ops/schedules").await;
    assert_eq!((listed.column("schedules", "name"), &listed.body["schedules"][0]["paused"]), (vec!["tidy_up"], &json!(true)));
    assert_eq!(house.post(&guest, "/v1/ops/schedules/none/pause", &json!(null)).await.status, 404);
    house.world.run_jobs().await;
    house.close().await;
}
