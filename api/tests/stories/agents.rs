//! Agents through the front door.

use crate::house::Answer;
use crate::market::{Market, agent};
use domain::agents::Change;
use domain::agents::state::Event;
use poem::http::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn an_agent_is_created_with_a_place_and_a_version() {
    let market = Market::open().await;
    let ann = market.trader().await;
    let created = market.post(&ann, "/v1/agents", &agent()).await;
    assert_eq!((created.status, created.header("etag")), (201, "\"1\""));
    let body = &created.body;
    assert_eq!(created.header("location"), format!("/v1/agents/{}", body["id"].as_str().unwrap()));
    assert_eq!((&body["state"], &body["version"], &body["price_atomic"]), (&json!("draft"), &json!(1), &json!("1500000")));
    assert!(body["image_digest"].as_str().unwrap().starts_with("sha256:"));
    assert!(body.as_object().unwrap().values().all(|value| !value.is_null()), "null is never sent for an absent field");
    let read = market.get(&ann, created.header("location")).await;
    assert_eq!((read.status, &read.body, read.header("etag")), (200, body, "\"1\""));
    market.world.finish().await;
}

#[tokio::test]
async fn both_spellings_are_understood_and_every_wrong_field_is_named() {
    let market = Market::open().await;
    let ann = market.trader().await;
    let mut camel = agent();
    let fields = camel.as_object_mut().unwrap();
    for (snake, other) in [("price_atomic", "priceAtomic"), ("input_schema", "inputSchema")] {
        let value = fields.remove(snake).unwrap();
        fields.insert(other.into(), value);
    }
    assert_eq!(market.post(&ann, "/v1/agents", &camel).await.status, 201);
    let mut wrong = agent();
    wrong["name"] = json!("ab");
    wrong["price_atomic"] = json!("1.5");
    wrong["category"] = json!("cooking");
    let refused = market.post(&ann, "/v1/agents", &wrong).await;
    assert_eq!((refused.status, refused.problem()), (400, "validation-failed"));
    let mut pointers = refused.pointers();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/category", "/name", "/price_atomic"]);
    let mut schema = agent();
    schema["input_schema"] = json!({ "properties": { "a": { "$ref": "http://169.254.169.254/latest" } } });
    let refused = market.post(&ann, "/v1/agents", &schema).await;
    assert_eq!((refused.status, refused.pointers()), (400, vec!["/input_schema/properties/a/$ref"]));
    market.world.finish().await;
}

#[tokio::test]
async fn an_update_asks_for_the_version_that_was_read() {
    let market = Market::open().await;
    let ann = market.trader().await;
    let path = format!("/v1/agents/{}", market.agent(&ann).await);
    let put = async |seen: &str| {
        let request = market.request(&ann, Method::PUT, &path).header("If-Match", seen).body_json(&agent());
        Answer::of(request.send().await).await
    };
    let second = put("\"1\"").await;
    assert_eq!((second.status, second.header("etag")), (200, "\"2\""));
    let late = put("\"1\"").await;
    assert_eq!((late.status, late.problem()), (412, "precondition-failed"));
    assert_eq!(put("one").await.status, 400);
    market.world.finish().await;
}

#[tokio::test]
async fn a_repeated_creation_gets_the_first_answer_again() {
    let market = Market::open().await;
    let ann = market.trader().await;
    let post = async |body: Value| market.post_with(&ann, "/v1/agents", ("Idempotency-Key", "k"), &body).await;
    let first = post(agent()).await;
    let again = post(agent()).await;
    assert_eq!((again.status, &again.body, again.header("idempotent-replayed")), (201, &first.body, "true"));
    let mut other = agent();
    other["name"] = json!("Another one");
    let reused = post(other).await;
    assert_eq!((reused.status, reused.problem()), (422, "idempotency-key-reused"));
    let list = market.get(&ann, "/v1/agents").await;
    assert_eq!(list.body["agents"].as_array().unwrap().len(), 1);
    market.world.finish().await;
}

#[tokio::test]
async fn agents_are_listed_by_filter_in_pages() {
    let market = Market::open().await;
    let (ann, ben) = (market.trader().await, market.trader().await);
    for _ in 0..3 {
        market.agent(&ann).await;
    }
    let first = market.get(&ann, "/v1/agents?page_size=2&category=utility&q=words").await;
    assert_eq!(first.body["agents"].as_array().unwrap().len(), 2);
    let token = first.body["next_page_token"].as_str().unwrap();
    let next = market.get(&ann, &format!("/v1/agents?page_size=2&category=utility&q=words&page_token={token}")).await;
    assert_eq!((next.body["agents"].as_array().unwrap().len(), next.body.get("next_page_token")), (1, None));
    let other = market.get(&ann, &format!("/v1/agents?category=nft&page_token={token}")).await;
    assert_eq!((other.status, other.problem()), (400, "invalid-page-token"));
    assert_eq!(market.get(&ann, "/v1/agents?page_size=-1").await.status, 400);
    assert_eq!(market.get(&ann, "/v1/agents?page_size=5000").await.status, 200);
    assert_eq!(market.get(&ann, "/v1/agents?state=sleeping").await.status, 400);
    assert_eq!(market.get(&ben, "/v1/agents").await.body, json!({ "agents": [] }), "drafts are their owner's business");
    market.world.finish().await;
}

#[tokio::test]
async fn an_agent_is_moved_audited_and_deleted() {
    let market = Market::open().await;
    let (ann, ben) = (market.trader().await, market.trader().await);
    let id = market.agent(&ann).await;
    let path = format!("/v1/agents/{id}");
    let send = async |event: &str| market.post(&ann, &format!("{path}/events"), &json!({ "event": event })).await;
    assert_eq!(send("initiate_deployment").await.body["state"], "pending_token_signature");
    let refused = send("deactivate").await;
    assert_eq!((refused.status, refused.problem()), (409, "agent-state"));
    let of_the_chain = send("token_creation_success").await;
    assert_eq!((of_the_chain.status, of_the_chain.pointers()), (400, vec!["/event"]), "the chain says that, nobody else");
    let offered = of_the_chain.body["errors"][0]["detail"].as_str().unwrap();
    assert_eq!(offered, "must be one of: initiate_deployment, archive, cancel, deactivate, retry");
    for event in [Event::TokenCreationSuccess, Event::PoolCreationSuccess] {
        market.world.domain.agents().advance(id.parse().unwrap(), event, Change::default(), "chain").await.unwrap();
    }
    assert_eq!(market.get(&ben, &path).await.body["state"], "deployed");
    let put = market.request(&ben, Method::PUT, &path).body_json(&agent());
    assert_eq!(Answer::of(put.send().await).await.problem(), "not-found", "seen, and somebody else's to change");
    assert_eq!(market.post(&ben, &format!("{path}/events"), &json!({ "event": "deactivate" })).await.problem(), "not-found");
    assert_eq!(market.delete(&ben, &path).await.status, 404);
    assert_eq!(market.delete(&ann, &path).await.status, 409);
    send("deactivate").await;
    let audit = market.get(&ann, &format!("{path}/audit")).await;
    assert_eq!(audit.body["entries"][0]["detail"]["to"], "deactivated");
    assert_eq!(market.get(&ben, &format!("{path}/audit")).await.status, 404);
    assert_eq!(market.delete(&ann, &path).await.status, 204);
    assert_eq!(market.get(&ann, &path).await.status, 404);
    market.world.finish().await;
}

#[tokio::test]
async fn a_right_is_granted_listed_and_taken_away() {
    let market = Market::open().await;
    let (ann, ben) = (market.trader().await, market.trader().await);
    let id = market.agent(&ann).await;
    market.world.deploy(id.parse().unwrap()).await;
    let path = format!("/v1/agents/{id}/entitlements");
    let body = json!({ "user_id": ben.caller.user_id });
    assert_eq!(market.post(&ben, &path, &body).await.status, 404, "nobody grants it to themselves");
    assert_eq!(market.get(&ben, &path).await.status, 404);
    let granted = market.post(&ann, &path, &body).await;
    assert_eq!((granted.status, granted.body["user_id"].as_str()), (201, Some(ben.caller.user_id.to_string().as_str())));
    assert_eq!(market.post(&ann, &path, &body).await.body, granted.body);
    let own = market.get(&ben, "/v1/users/me/entitlements").await;
    assert_eq!(own.body["entitlements"][0]["agent_id"], json!(id));
    let listed = market.get(&ann, granted.header("location")).await;
    assert_eq!((listed.status, &listed.body["entitlements"]), (200, &json!([granted.body])));
    let right = format!("{path}/{}", ben.caller.user_id);
    assert_eq!(market.delete(&ann, &right).await.status, 204);
    assert_eq!(market.delete(&ann, &right).await.status, 404);
    market.world.finish().await;
}
