//! Bodies: everything that is wrong at once, in both spellings, within limits.

use api::body::Body;
use api::problem::Problem;
use api::wire::{Id, Money};
use domain::accounts::Role;
use domain::entities::id::AgentId;
use poem_openapi::types::Any;
use poem_openapi::{Enum, Object};
use serde_json::{Value, json};

use crate::house::{Answer, House};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum Colour {
    Red,
    DarkBlue,
}

#[derive(Debug, Object)]
struct Inner {
    #[oai(validator(min_length = 2))]
    short_name: String,
}

#[derive(Debug, Object)]
struct Order {
    agent_id: Id<AgentId>,
    price_atomic: Money,
    colour: Colour,
    /// Beside the colour.
    accent: Option<Colour>,
    /// At once.
    #[oai(default)]
    express: bool,
    #[oai(validator(maximum(value = "10")))]
    count: Option<u32>,
    inner: Option<Inner>,
    many_things: Option<Vec<Inner>>,
    /// As the caller likes; nobody touches the names inside.
    input_schema: Any<Value>,
}

fn order() -> Value {
    json!({ "agent_id": "agt_01980000000070008000000000000001", "price_atomic": "1500000", "colour": "dark_blue", "input_schema": {"camelCase": 1} })
}

fn pointers(problem: Problem) -> Vec<String> {
    let document = serde_json::to_value(poem_openapi::types::ToJSON::to_json(&problem.document("", false))).unwrap();
    document["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
}

fn wrong(body: Value) -> Vec<String> {
    pointers(Body::<Order>::parse(body).unwrap_err())
}

#[test]
fn both_spellings_say_the_same() {
    let snake = Body::<Order>::parse(order()).unwrap();
    let camel = json!({ "agentId": "agt_01980000000070008000000000000001", "priceAtomic": "1500000", "colour": "dark_blue", "inputSchema": {"camelCase": 1} });
    let camel = Body::<Order>::parse(camel).unwrap();
    assert_eq!(snake.document, camel.document, "idempotency compares one document");
    assert_eq!(camel.value.input_schema.0, json!({"camelCase": 1}), "what is the caller's own stays as it is");
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let body = json!({
        "agentId": "agt_1", "price_atomic": "01", "colour": "green", "count": 11, "inner": {}, "many_things": [{"short_name": "ok"}, {"shortName": "x"}],
        "prize": 1,
    });
    let mut found = wrong(body);
    found.sort();
    assert_eq!(
        found,
        ["/agentId", "/colour", "/count", "/inner/short_name", "/input_schema", "/many_things/1/shortName", "/price_atomic", "/prize"]
    );
}

#[test]
fn a_field_in_two_spellings_is_refused() {
    let mut body = order();
    body["agentId"] = body["agent_id"].clone();
    assert_eq!(wrong(body).len(), 1);
}

#[test]
fn null_is_absence_where_a_field_may_be_absent_and_nowhere_else() {
    let mut body = order();
    body["count"] = Value::Null;
    assert!(Body::<Order>::parse(body.clone()).unwrap().value.count.is_none());
    body["colour"] = Value::Null;
    assert_eq!(wrong(body), ["/colour"]);
}

/// A flag may guard a deed: a program that had no value for it has not said yes.
#[test]
fn null_is_neither_yes_nor_no() {
    let mut body = order();
    assert!(!Body::<Order>::parse(body.clone()).unwrap().value.express);
    body["express"] = Value::Null;
    assert_eq!(wrong(body), ["/express"]);
}

#[test]
fn an_optional_word_is_held_against_the_words_there_are() {
    let mut body = order();
    body["accent"] = "dark_blue".into();
    assert_eq!(Body::<Order>::parse(body.clone()).unwrap().value.accent, Some(Colour::DarkBlue));
    body["accent"] = "green".into();
    assert_eq!(wrong(body.clone()), ["/accent"]);
    body["accent"] = Value::Null;
    assert_eq!(Body::<Order>::parse(body).unwrap().value.accent, None);
}

#[tokio::test]
async fn nobody_hears_the_words_of_the_framework() {
    let house = House::open().await;
    let ann = house.guest(Role::Operator).await;
    let hook = json!({ "url": "https://hooks.example/", "events": ["*"], "state": "sleeping" });
    let hook = ann.knock(house.client.put("/v1/webhooks/whk_01980000000070008000000000000001").body_json(&hook)).await;
    let key = house.post(&ann, "/v1/keys", &json!({ "name": "x", "holder": "foo" })).await;
    let run = house.post(&ann, "/v1/executions", &json!({ "agent_id": "agt_1", "input": {} })).await;
    for (answer, pointer, words) in [
        (hook, "/state", "must be one of: active"),
        (key, "/holder", "must be one of: user, agent"),
        (run, "/agent_id", "must be written like agt_0198"),
    ] {
        assert_eq!((answer.status, answer.pointers()), (400, vec![pointer]));
        let said = answer.body["errors"][0]["detail"].as_str().unwrap();
        assert!(said.starts_with(words), "{said}");
    }
    house.close().await;
}

#[test]
fn money_is_a_decimal_string_and_nothing_else() {
    for bad in [json!(5), json!("5.0"), json!("-5"), json!("9223372036854775808"), json!("")] {
        let mut body = order();
        body["price_atomic"] = bad;
        assert_eq!(wrong(body), ["/price_atomic"]);
    }
    let mut body = order();
    body["price_atomic"] = "9223372036854775807".into();
    assert_eq!(Body::<Order>::parse(body).unwrap().value.price_atomic.0.atomic(), i64::MAX);
}

#[test]
fn a_whole_number_is_whole_and_in_bounds() {
    for bad in [json!(1.5), json!(-1), json!("1"), json!(4_294_967_296_u64)] {
        let mut body = order();
        body["count"] = bad;
        assert_eq!(wrong(body), ["/count"]);
    }
}

#[test]
fn what_is_no_object_is_said_to_be_none() {
    for bad in [json!([]), json!("text"), Value::Null] {
        assert_eq!(wrong(bad), [""]);
    }
}

#[tokio::test]
async fn what_is_no_json_is_refused_before_anything_else() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let post = |content_type: &str, body: Vec<u8>| guest.knock(house.client.post("/v1/ops/jobs").content_type(content_type).body(body));
    let as_text: Answer = post("text/plain", b"{}".to_vec()).await;
    assert_eq!((as_text.status, as_text.problem()), (415, "unsupported-media-type"));
    let nothing = guest.knock(house.client.post("/v1/ops/jobs")).await;
    assert_eq!((nothing.status, nothing.problem()), (400, "malformed-request"));
    assert!(nothing.text("detail").contains("the body is empty"), "{nothing:?}");
    let unnamed = guest.knock(house.client.post("/v1/ops/jobs").body("{}")).await;
    assert_eq!((unnamed.status, unnamed.problem()), (415, "unsupported-media-type"));
    for no_json in [&b"{"[..], b"", b"{\"a\": NaN}", &[0xff]] {
        let answer = post("application/json", no_json.to_vec()).await;
        assert_eq!((answer.status, answer.problem()), (400, "malformed-request"));
    }
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(post("application/json", deep.into_bytes()).await.problem(), "malformed-request");
    let long = format!("\"{}\"", "a".repeat(2 * 1024 * 1024));
    let too_large = post("application/json", long.into_bytes()).await;
    assert_eq!((too_large.status, too_large.problem()), (413, "body-too-large"));
}
