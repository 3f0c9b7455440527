//! Webhooks through the front door.

use crate::house::{Answer, House};
use domain::accounts::Role;
use poem::http::Method;
use serde_json::{Value, json};
use testkit::HttpReply;

const URL: &str = "https://hooks.example/tallyman";

fn wanted() -> Value {
    json!({ "url": URL, "events": ["execution.*"], "description": "mine" })
}

#[tokio::test]
async fn a_webhook_is_made_with_a_secret_that_is_shown_once() {
    let house = House::open().await;
    let ann = house.guest(Role::Operator).await;
    let made = house.post_as(&ann, "a key", "/v1/webhooks", &wanted()).await;
    assert_eq!((made.status, made.header("etag")), (201, "\"1\""), "{made:?}");
    assert!(made.text("id").starts_with("whk_") && made.text("secret").starts_with("whsec_"));
    let again = house.post_as(&ann, "a key", "/v1/webhooks", &wanted()).await;
    assert_eq!((again.status, again.text("id"), again.header("idempotent-replayed")), (201, made.text("id"), "true"));
    assert!(again.body.get("secret").is_none(), "{again:?}");
    let read = house.get(&ann, made.header("location")).await;
    assert_eq!((read.status, read.text("url"), read.text("state"), read.body.get("secret")), (200, URL, "active", None));
    assert_eq!(house.get(&ann, "/v1/webhooks").await.column("webhooks", "id"), [made.text("id")]);
    house.close().await;
}

#[tokio::test]
async fn wrong_fields_and_addresses_of_the_house_are_named() {
    let house = House::open().await;
    let ann = house.guest(Role::Operator).await;
    let refused = house.post(&ann, "/v1/webhooks", &json!({ "url": "http://127.0.0.1/", "events": ["execution.done"] })).await;
    assert_eq!((refused.status, refused.problem()), (400, "validation-failed"));
    assert_eq!(refused.pointers(), ["/url", "/events/0"]);
    let empty = house.post(&ann, "/v1/webhooks", &json!({ "url": URL, "events": [] })).await;
    assert_eq!((empty.status, empty.pointers()), (400, vec!["/events"]));
    house.close().await;
}

#[tokio::test]
async fn a_stranger_finds_nothing() {
    let house = House::open().await;
    let (ann, bob) = (house.guest(Role::Operator).await, house.guest(Role::Architect).await);
    let made = house.post(&ann, "/v1/webhooks", &wanted()).await;
    let path = made.header("location");
    let strangers = [
        house.get(&bob, path).await,
        house.delete(&bob, path).await,
        house.get(&bob, &format!("{path}/deliveries")).await,
        house.post(&bob, &format!("{path}/test"), &json!({})).await,
        house.post(&bob, &format!("{path}/rotate-secret"), &json!({})).await,
        house.post(&bob, &format!("{path}/deliveries/dlv_01980000000070008000000000000001/replay"), &json!({})).await,
        bob.knock(house.client.put(path).body_json(&wanted())).await,
    ];
    for answer in strangers {
        assert_eq!((answer.status, answer.problem()), (404, "not-found"));
    }
    assert_eq!(house.get(&bob, "/v1/webhooks").await.column("webhooks", "id"), [""; 0]);
    let nobody = Answer::of(house.client.get(path).send().await).await;
    assert_eq!(nobody.status, 401);
    house.close().await;
}

#[tokio::test]
async fn a_change_asks_for_the_version_that_was_read() {
    let house = House::open().await;
    let ann = house.guest(Role::Operator).await;
    let made = house.post(&ann, "/v1/webhooks", &wanted()).await;
    let put = async |seen: &str, body: Value| {
        let request = house.client.request(Method::PUT, made.header("location")).header("If-Match", seen).body_json(&body);
        ann.knock(request).await
    };
    let disabled = put("\"1\"", json!({ "url": URL, "events": ["*"], "state": "disabled" })).await;
    assert_eq!((disabled.status, disabled.text("state"), disabled.header("etag")), (200, "disabled", "\"2\""));
    assert_eq!((disabled.text("disabled_because"), disabled.body.get("description")), ("its owner asked for it", None));
    assert_eq!(put("\"1\"", wanted()).await.status, 412);
    let active = put("\"2\"", json!({ "url": URL, "events": ["*"], "state": "active" })).await;
    assert_eq!((active.text("state"), active.body.get("disabled_because")), ("active", None));
    assert_eq!(house.delete(&ann, made.header("location")).await.status, 204);
    assert_eq!(house.get(&ann, made.header("location")).await.status, 404);
    house.close().await;
}

#[tokio::test]
async fn a_test_its_delivery_and_a_replay_are_operations() {
    let house = House::open().await;
    let ann = house.guest(Role::Operator).await;
    let made = house.post(&ann, "/v1/webhooks", &wanted()).await;
    let path = made.header("location").to_owned();
    house.world.http.next(HttpReply::Answers(503, "busy".into()));
    let test = house.post(&ann, &format!("{path}/test"), &json!({})).await;
    assert_eq!((test.status, test.text("kind"), test.text("state")), (202, "deliver_webhook", "queued"));
    house.world.run_jobs().await;
    let ended = house.get(&ann, test.header("location")).await;
    assert_eq!((ended.text("state"), ended.body["error"]["code"].as_str()), ("failed", Some("webhook-undelivered")));
    let delivery = house.get(&ann, test.text("resource")).await;
    assert_eq!((delivery.text("state"), delivery.text("event")), ("failed", "webhook.test"));
    let attempt = &delivery.body["attempts"][0];
    assert_eq!((&attempt["status"], &attempt["answer"], &attempt["number"]), (&json!(503), &json!("busy"), &json!(1)));
    let replay = house.post(&ann, &format!("{}/replay", test.text("resource")), &json!({})).await;
    assert_eq!(replay.status, 202);
    house.world.run_jobs().await;
    assert_eq!(house.get(&ann, replay.header("location")).await.text("state"), "succeeded");
    let listed = house.get(&ann, &format!("{path}/deliveries?state=delivered&event=webhook.test")).await;
    assert_eq!(listed.column("deliveries", "id"), [delivery.text("id")]);
    assert_eq!(house.get(&ann, &format!("{path}/deliveries?state=failed")).await.column("deliveries", "id"), [""; 0]);
    assert_eq!(house.get(&ann, &format!("{path}/deliveries?state=lost")).await.status, 400);
    let unknown = house.get(&ann, &format!("{path}/deliveries?event=execution.done")).await;
    assert_eq!((unknown.status, unknown.pointers()), (400, vec!["event"]), "a name that is none finds nothing, for ever");
    house.close().await;
}

#[tokio::test]
async fn a_new_secret_is_shown_once_and_says_how_long_the_old_one_signs() {
    let house = House::open().await;
    let ann = house.guest(Role::Operator).await;
    let made = house.post(&ann, "/v1/webhooks", &wanted()).await;
    let rotate = format!("{}/rotate-secret", made.header("location"));
    let rotated = house.post_as(&ann, "a key", &rotate, &json!({})).await;
    assert_eq!((rotated.status, rotated.header("etag")), (200, "\"2\""), "{rotated:?}");
    assert!(rotated.text("secret").starts_with("whsec_") && rotated.text("secret") != made.text("secret"));
    assert!(!rotated.text("previous_secret_until").is_empty());
    let again = house.post_as(&ann, "a key", &rotate, &json!({})).await;
    assert_eq!((again.body.get("secret"), again.header("idempotent-replayed")), (None, "true"));
    let at_once = house.post(&ann, &format!("{rotate}?overlap_seconds=0"), &json!({})).await;
    assert_eq!((at_once.status, at_once.body.get("previous_secret_until")), (200, None));
    let wrong = house.post(&ann, &format!("{rotate}?overlap_seconds=604801"), &json!({})).await;
    assert_eq!((wrong.status, wrong.pointers()), (400, vec!["overlap_seconds"]));
    house.close().await;
}
