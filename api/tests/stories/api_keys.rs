//! Programs at the door: keys instead of people.

use domain::accounts::Role;
use serde_json::{Value, json};

use crate::house::{Answer, Guest, House};

impl House {
    /// A program that holds a key of this guest's.
    pub async fn program(&self, guest: &Guest, scopes: &[&str]) -> Guest {
        let made = self.post(guest, "/v1/keys", &json!({ "name": "a program", "scopes": scopes })).await;
        assert_eq!(made.status, 201, "{made:?}");
        Guest { caller: guest.caller, token: made.text("key").to_owned() }
    }
}

async fn put(house: &House, who: &Guest, path: &str, body: &Value) -> Answer {
    who.knock(house.client.put(path).body_json(body)).await
}

#[tokio::test]
async fn a_key_is_told_once_and_listed_without_its_text() {
    let house = House::open().await;
    let ann = house.guest(Role::Operator).await;
    let body = json!({ "name": "nightly", "scopes": ["read", "run"] });
    let made = house.post_as(&ann, "k", "/v1/keys", &body).await;
    let (key, id) = (made.text("key"), made.text("id"));
    assert_eq!((made.status, made.header("location")), (201, format!("/v1/keys/{id}").as_str()));
    assert!(key.starts_with("mp_sk_live_") && key.len() == 47 && key.starts_with(made.text("prefix")), "{made:?}");
    let again = house.post_as(&ann, "k", "/v1/keys", &body).await;
    assert_eq!((again.status, again.text("id"), again.header("idempotent-replayed")), (201, id, "true"));
    assert!(again.body.get("key").is_none(), "{again:?}");
    let listed = house.get(&ann, "/v1/keys").await;
    assert_eq!(listed.column("keys", "id"), [id]);
    assert!(!listed.body.to_string().contains(key) && listed.body["keys"][0].get("key").is_none());
    assert_eq!(listed.body["keys"][0]["scopes"], json!(["read", "run"]));
    let stranger = house.guest(Role::Operator).await;
    for answer in [house.get(&stranger, &format!("/v1/keys/{id}")).await, house.delete(&stranger, &format!("/v1/keys/{id}")).await] {
        assert_eq!((answer.status, answer.problem()), (404, "not-found"));
    }
    house.close().await;
}

#[tokio::test]
async fn a_key_opens_what_its_scopes_say_and_nothing_that_is_for_people() {
    let house = House::open().await;
    let ann = house.guest(Role::Operator).await;
    let (reader, writer) = (house.program(&ann, &["read"]).await, house.program(&ann, &["write"]).await);
    let name = json!({ "name": "Ann" });
    assert_eq!(house.get(&reader, "/v1/users/me").await.text("id"), ann.caller.user_id.to_string());
    let refused = put(&house, &reader, "/v1/users/me", &name).await;
    assert_eq!((refused.status, refused.problem()), (403, "insufficient-scope"));
    assert_eq!(refused.text("detail"), "this needs the scope `write`");
    assert_eq!(put(&house, &writer, "/v1/users/me", &name).await.status, 200);
    assert_eq!(house.get(&writer, "/v1/users/me").await.problem(), "insufficient-scope", "none includes another");
    let run = json!({ "agent_id": "agt_01980000000070008000000000000001", "input": {} });
    assert_eq!(house.post(&writer, "/v1/executions", &run).await.text("detail"), "this needs the scope `run`");
    assert_eq!(house.post(&house.program(&ann, &["run"]).await, "/v1/executions", &run).await.status, 404);
    for path in ["/v1/keys", "/v1/agent/keys", "/v1/auth/logout-everywhere", "/v1/auth/browser-session"] {
        let refused = house.post(&writer, path, &json!({ "name": "another" })).await;
        assert_eq!((refused.status, refused.problem()), (403, "forbidden"), "{path}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_key_of_an_architect_acts_in_operations_only_if_it_says_so() {
    let house = House::open().await;
    let architect = house.guest(Role::Architect).await;
    let [plain, looks, acts] = [
        house.program(&architect, &["read", "write", "run"]).await,
        house.program(&architect, &["ops:read"]).await,
        house.program(&architect, &["ops:write"]).await,
    ];
    let (jobs, pause) = ("/v1/ops/jobs", "/v1/ops/pools/simulation/pause");
    assert_eq!([house.get(&plain, jobs).await.status, house.get(&looks, jobs).await.status], [403, 200]);
    assert_eq!(house.post(&looks, pause, &json!({})).await.problem(), "insufficient-scope");
    assert_eq!(house.post(&acts, pause, &json!({})).await.status, 200);
    let operator = house.guest(Role::Operator).await;
    let refused = house.post(&operator, "/v1/keys", &json!({ "name": "n", "scopes": ["ops:read"] })).await;
    assert_eq!((refused.status, refused.pointers()), (400, vec!["/scopes"]));
    house.close().await;
}

#[tokio::test]
async fn a_key_that_is_none_is_a_401_and_so_is_one_that_was_revoked() {
    let house = House::open().await;
    let (ann, architect) = (house.guest(Role::Operator).await, house.guest(Role::Architect).await);
    let program = house.program(&ann, &["read"]).await;
    for token in ["mp_sk_live_", "mp_sk_live_nonsense", &program.token[..46], &format!("{}0", program.token)] {
        let foreign = Guest { token: token.to_owned(), ..program.clone() };
        let refused = house.get(&foreign, "/v1/users/me").await;
        assert_eq!((refused.status, refused.problem()), (401, "invalid-token"), "{token}");
    }
    let path = format!("/v1/ops/users/{}/keys", ann.caller.user_id);
    let id = house.get(&architect, &path).await.column("keys", "id")[0].to_owned();
    assert_eq!(house.get(&ann, &path).await.status, 403);
    assert_eq!(house.get(&program, "/v1/users/me").await.status, 200);
    let revoked = house.post(&architect, &format!("/v1/ops/keys/{id}/revoke"), &json!({})).await;
    assert!(revoked.status == 200 && !revoked.text("revoked_at").is_empty(), "{revoked:?}");
    assert_eq!(house.get(&program, "/v1/users/me").await.problem(), "invalid-token");
    house.close().await;
}

#[tokio::test]
async fn agents_and_vendors_have_their_keys_by_their_own_paths() {
    let house = House::open().await;
    let ann = house.guest(Role::Operator).await;
    let of_agent = house.post(&ann, "/v1/agent/keys", &json!({ "name": "pays", "holder": "vendor" })).await;
    let of_vendor = house.post(&ann, "/v1/vendor/keys", &json!({ "name": "sells" })).await;
    assert_eq!((of_agent.text("holder"), of_vendor.text("holder")), ("agent", "vendor"), "the path says what it is for");
    assert_eq!(house.get(&ann, "/v1/agent/keys").await.column("keys", "name"), ["pays"]);
    assert_eq!(house.get(&ann, "/v1/vendor/keys").await.column("keys", "name"), ["sells"]);
    assert_eq!(house.get(&ann, "/v1/keys?holder=agent").await.column("keys", "name"), ["pays"]);
    let rotated = house.post(&ann, &format!("/v1/keys/{}/rotate", of_agent.text("id")), &json!({ "overlap_seconds": 0 })).await;
    assert_eq!((rotated.status, rotated.text("name"), rotated.text("holder")), (201, "pays", "agent"));
    let old = Guest { caller: ann.caller, token: of_agent.text("key").to_owned() };
    assert_eq!(house.get(&old, "/v1/users/me").await.status, 401);
    assert_eq!(house.delete(&ann, &format!("/v1/agent/keys/{}", rotated.text("id"))).await.status, 204);
    house.close().await;
}

#[tokio::test]
async fn every_key_counts_by_itself() {
    let limits = domain::limits::Settings { caller: domain::limits::Rate::of(3, 60, domain::limits::Per::User), ..Default::default() };
    let house = House::limited(limits).await;
    let ann = house.guest(Role::Operator).await;
    let (one, other) = (house.program(&ann, &["read"]).await, house.program(&ann, &["read"]).await);
    for _ in 0..3 {
        assert_eq!(house.get(&one, "/v1/users/me").await.status, 200);
    }
    assert_eq!([house.get(&one, "/v1/users/me").await.status, house.get(&other, "/v1/users/me").await.status], [429, 200]);
}

#[test]
fn the_description_says_which_scope_an_operation_needs() {
    let document = api::openapi::document();
    let of = |path: &str, method: &str| &document["paths"][path][method];
    assert_eq!(of("/v1/executions", "post")["x-required-scope"], "run");
    assert_eq!(of("/v1/users/me", "get")["x-required-scope"], "read");
    assert_eq!(of("/v1/users/me", "put")["x-required-scope"], "write");
    assert_eq!(of("/v1/ops/jobs", "get")["x-required-scope"], "ops:read");
    assert!(of("/v1/keys", "post").get("x-required-scope").is_none());
    assert_eq!(of("/v1/keys", "post")["security"], json!([{ "bearer": [] }]));
    assert_eq!(
        of("/v1/executions", "post")["security"],
        json!([{ "bearer": [] }, { "api_key": [] }, { "signature": [] }]),
        "scopes are for OAuth in 3.0"
    );
}
