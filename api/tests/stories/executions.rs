//! Executions through the front door.

use std::sync::Arc;

use crate::house::Answer;
use crate::market::{Market, Trader};
use api::{App, Settings};
use domain::accounts::Role;
use poem::http::Method;
use poem::test::TestClient;
use serde_json::{Value, json};
use testkit::{Script, until};

fn run(agent: &str) -> Value {
    json!({ "agent_id": agent, "input": { "text": "a b c" } })
}

async fn accepted(market: &Market, trader: &Trader) -> (String, String) {
    let answer = market.post(trader, "/v1/executions", &run(&market.agent(trader).await)).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    (answer.body["resource"].as_str().unwrap().to_owned(), answer.header("location").to_owned())
}

#[tokio::test]
async fn a_run_is_accepted_carried_out_and_shown() {
    let market = Market::open().await;
    let ann = market.trader().await;
    let answer = market.post(&ann, "/v1/executions", &run(&market.agent(&ann).await)).await;
    assert_eq!((answer.status, &answer.body["state"], &answer.body["done"]), (202, &json!("queued"), &json!(false)));
    assert_eq!(answer.header("location"), format!("/v1/operations/{}", answer.body["id"].as_str().unwrap()));
    let resource = answer.body["resource"].as_str().unwrap();
    let waiting = market.get(&ann, resource).await;
    assert_eq!((&waiting.body["state"], &waiting.body["isolation"], waiting.body.get("output")), (&json!("queued"), &json!({}), None));
    market.world.run_jobs().await;
    let ended = market.get(&ann, resource).await.body;
    assert_eq!((&ended["state"], &ended["output"]), (&json!("succeeded"), &json!({ "text": "a b c" })));
    assert_eq!((&ended["exit_code"], &ended["log_bytes"], &ended["usage"]["wall_ms"]), (&json!(0), &json!(6), &json!(34)));
    assert_eq!(ended["usage"]["memory_peak_bytes"], json!(4 << 20));
    let operation = market.get(&ann, answer.header("location")).await.body;
    assert_eq!((&operation["state"], &operation["result"]["output"]), (&json!("succeeded"), &json!({ "text": "a b c" })));
    let list = market.get(&ann, "/v1/executions?state=succeeded").await.body;
    assert_eq!(list["executions"].as_array().unwrap().len(), 1);
    market.world.finish().await;
}

#[tokio::test]
async fn who_prefers_to_wait_gets_the_end() {
    let market = Market::open().await;
    let ann = market.trader().await;
    let agent = market.agent(&ann).await;
    let body = run(&agent);
    let ask = market.post_with(&ann, "/v1/executions", ("Prefer", "wait=20"), &body);
    let work = async {
        until("the run is accepted", async || market.world.database.count("SELECT count(*) FROM jobs").await == 1).await;
        market.world.run_jobs().await;
    };
    let (answer, ()) = tokio::join!(ask, work);
    assert_eq!((answer.status, &answer.body["state"], answer.header("preference-applied")), (200, &json!("succeeded"), "wait=20"));
    market.world.finish().await;
}

#[tokio::test]
async fn a_failed_run_says_why_in_the_execution_and_in_the_operation() {
    let market = Market::open().await;
    let ann = market.trader().await;
    market.world.sandbox.next(Script::Fails(domain::ports::sandbox::FailureCode::Timeout));
    let (resource, operation) = accepted(&market, &ann).await;
    market.world.run_jobs().await;
    let execution = market.get(&ann, &resource).await.body;
    assert_eq!((&execution["state"], &execution["failure"]["code"]), (&json!("failed"), &json!("timeout")));
    let operation = market.get(&ann, &operation).await.body;
    assert_eq!((&operation["state"], &operation["error"]["code"], &operation["done"]), (&json!("failed"), &json!("timeout"), &json!(true)));
    market.world.finish().await;
}

#[tokio::test]
async fn a_run_that_is_put_off_says_in_both_what_it_waits_for() {
    let market = Market::open().await;
    let ann = market.trader().await;
    market.world.sandbox.next(Script::RegistryAway);
    let (resource, operation) = accepted(&market, &ann).await;
    market.world.run_jobs().await;
    for path in [&resource, &operation] {
        let shown = market.get(&ann, path).await.body;
        assert_eq!((&shown["state"], shown.get("started_at")), (&json!("queued"), None));
        assert!(shown["waiting_for"].as_str().is_some_and(|why| why.contains("cannot be fetched now")), "{shown}");
    }
    market.world.skip_waits().await;
    market.world.run_jobs().await;
    for path in [&resource, &operation] {
        let shown = market.get(&ann, path).await.body;
        assert_eq!((&shown["state"], shown.get("waiting_for")), (&json!("succeeded"), None));
    }
    market.world.finish().await;
}

#[tokio::test]
async fn an_input_is_held_against_the_schema_and_checking_runs_nothing() {
    let market = Market::open().await;
    let ann = market.trader().await;
    let agent = market.agent(&ann).await;
    let wrong = market.post(&ann, "/v1/executions", &json!({ "agent_id": agent, "input": { "text": 7 } })).await;
    assert_eq!((wrong.status, wrong.problem(), wrong.pointers()), (400, "validation-failed", vec!["/input/text"]));
    let checked = market.post(&ann, "/v1/executions?validate_only=true", &run(&agent)).await;
    assert_eq!((checked.status, &checked.body["state"]), (200, &json!("validated")));
    let unknown = market.post(&ann, "/v1/executions", &run("agt_01980000000070008000000000000001")).await;
    assert_eq!((unknown.status, unknown.problem()), (404, "not-found"));
    let other_kind = market.post(&ann, "/v1/executions", &run("job_01980000000070008000000000000001")).await;
    assert_eq!(other_kind.pointers(), ["/agent_id"]);
    assert_eq!(market.world.database.count("SELECT count(*) FROM jobs").await, 0);
    market.world.finish().await;
}

#[tokio::test]
async fn others_need_an_entitlement() {
    let market = Market::open().await;
    let (ann, ben) = (market.trader().await, market.trader().await);
    let agent = market.agent(&ann).await;
    assert_eq!(market.post(&ben, "/v1/executions", &run(&agent)).await.status, 404);
    market.world.deploy(agent.parse().unwrap()).await;
    let refused = market.post(&ben, "/v1/executions", &run(&agent)).await;
    assert_eq!((refused.status, refused.problem()), (403, "entitlement-required"));
    market.post(&ann, &format!("/v1/agents/{agent}/entitlements"), &json!({ "user_id": ben.caller.user_id })).await;
    assert_eq!(market.post(&ben, "/v1/executions", &run(&agent)).await.status, 202);
    market.world.run_jobs().await;
    market.world.finish().await;
}

#[tokio::test]
async fn a_repeated_request_is_one_run() {
    let market = Market::open().await;
    let ann = market.trader().await;
    let agent = market.agent(&ann).await;
    let post = async || market.post_with(&ann, "/v1/executions", ("Idempotency-Key", "k"), &run(&agent)).await;
    let first = post().await;
    market.world.run_jobs().await;
    let again = post().await;
    assert_eq!((again.status, &again.body["id"], again.header("idempotent-replayed")), (202, &first.body["id"], "true"));
    assert_eq!(market.world.sandbox.runs().len(), 1);
    market.world.finish().await;
}

#[tokio::test]
async fn whoever_repeats_too_early_hears_when_to_come_back() {
    let keeping = domain::Keeping { idempotency_wait_ms: 50, ..domain::Keeping::default() };
    let market = Market::with(testkit::Kind::Sqlite, domain::Settings { keeping, ..domain::Settings::default() }).await;
    let ann = market.trader().await;
    let agent = market.agent(&ann).await;
    let first = market.world.database.db.write().await.unwrap();
    let early = market.post_with(&ann, "/v1/executions", ("Idempotency-Key", "k"), &run(&agent)).await;
    assert_eq!((early.status, early.problem(), early.header("retry-after")), (409, "idempotency-in-progress", "1"));
    first.rollback().await.unwrap();
    let late = market.post_with(&ann, "/v1/executions", ("Idempotency-Key", "k"), &run(&agent)).await;
    assert_eq!((late.status, late.header("idempotent-replayed")), (202, ""), "the early one was not definitive");
    market.world.run_jobs().await;
    market.world.finish().await;
}

#[tokio::test]
async fn a_key_belongs_to_its_caller_method_and_path_and_to_one_body() {
    let market = Market::open().await;
    let ann = market.trader().await;
    let agent = market.agent(&ann).await;
    let post = async |path: &str, body: &str| {
        let request = market.request(&ann, Method::POST, path).header("Idempotency-Key", "k").content_type("application/json");
        Answer::of(request.body(body.to_owned()).send().await).await
    };
    let body = format!(r#"{{"agent_id": "{agent}", "input": {{"text": "a", "n": 1}}}}"#);
    let refused = post("/v1/executions", &body.replace("\"a\"", "7")).await;
    assert_eq!(refused.status, 400);
    let first = post("/v1/executions", &body).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (202, ""), "a refusal is not kept");
    let same = format!(r#"{{"input":{{"n":1.0,"text":"\u0061"}},"agentId":"{agent}"}}"#);
    let again = post("/v1/executions?validate_only=false", &same).await;
    assert_eq!((again.status, again.header("idempotent-replayed"), &again.body["id"]), (202, "true", &first.body["id"]));
    let other = post("/v1/executions", &body.replace("\"a\"", "\"b\"")).await;
    assert_eq!((other.status, other.problem()), (422, "idempotency-key-reused"));
    let resource = first.body["resource"].as_str().unwrap();
    let cancelled = post(&format!("{resource}/cancel"), "").await;
    assert_eq!((cancelled.status, cancelled.header("idempotent-replayed")), (202, ""), "another path, another request");
    assert_eq!(post(&format!("{resource}/cancel"), "").await.header("idempotent-replayed"), "true");
    let unkeyed = market.request(&ann, Method::POST, &format!("{resource}/cancel")).header("Idempotency-Key", "other");
    assert_eq!(Answer::of(unkeyed.send().await).await.header("idempotent-replayed"), "");
    assert_eq!(
        market
            .post_with(&ann, &format!("{resource}/cancel"), ("Idempotency-Key", "other"), &json!(null))
            .await
            .header("idempotent-replayed"),
        "true"
    );
    market.world.finish().await;
}

#[tokio::test]
async fn checking_a_cancellation_cancels_nothing() {
    let market = Market::open().await;
    let (ann, ben) = (market.trader().await, market.trader().await);
    let (resource, _) = accepted(&market, &ann).await;
    let check = format!("{resource}/cancel?validate_only=true");
    let checked = market.post(&ann, &check, &json!(null)).await;
    assert_eq!((checked.status, &checked.body["state"]), (200, &json!("validated")));
    assert_eq!(market.post(&ben, &check, &json!(null)).await.status, 404);
    assert_eq!(market.get(&ann, &resource).await.body["state"], "queued");
    market.world.run_jobs().await;
    assert_eq!(market.post(&ann, &check, &json!(null)).await.problem(), "execution-state");
    market.world.finish().await;
}

#[tokio::test]
async fn an_execution_is_its_callers_own() {
    let market = Market::open().await;
    let (ann, ben, architect) = (market.trader().await, market.trader().await, market.trader_as(Role::Architect).await);
    let (resource, _) = accepted(&market, &ann).await;
    for path in [resource.clone(), format!("{resource}/logs"), format!("{resource}/logs?follow=true")] {
        let hidden = market.get(&ben, &path).await;
        assert_eq!((hidden.status, hidden.problem()), (404, "not-found"), "{path}");
    }
    assert_eq!(market.post(&ben, &format!("{resource}/cancel"), &json!({})).await.status, 404);
    assert_eq!(market.get(&architect, &resource).await.status, 200);
    market.world.run_jobs().await;
    market.world.finish().await;
}

#[tokio::test]
async fn a_waiting_run_is_cancelled_and_what_is_over_is_not() {
    let market = Market::open().await;
    let ann = market.trader().await;
    let (resource, _) = accepted(&market, &ann).await;
    let cancelled = Answer::of(market.request(&ann, Method::POST, &format!("{resource}/cancel")).send().await).await;
    assert_eq!((cancelled.status, cancelled.body["resource"].as_str()), (202, Some(resource.as_str())));
    assert_eq!(market.get(&ann, &resource).await.body["state"], "cancelled");
    let (resource, _) = accepted(&market, &ann).await;
    market.world.run_jobs().await;
    let late = Answer::of(market.request(&ann, Method::POST, &format!("{resource}/cancel")).send().await).await;
    assert_eq!((late.status, late.problem()), (409, "execution-state"));
    market.world.finish().await;
}

#[tokio::test]
async fn lines_are_read_in_pages_and_followed_from_where_one_was() {
    let market = Market::open().await;
    let ann = market.trader().await;
    let lines = ["one", "two", "three"].map(String::from).to_vec();
    market.world.sandbox.next(Script::Answers { lines, output: json!({}) });
    let (resource, _) = accepted(&market, &ann).await;
    market.world.run_jobs().await;
    let page = market.get(&ann, &format!("{resource}/logs?page_size=2")).await.body;
    assert_eq!(
        (&page["lines"][0]["seq"], &page["lines"][1]["text"], &page["lines"][0]["stream"]),
        (&json!(1), &json!("two"), &json!("stdout"))
    );
    let token = page["next_page_token"].as_str().unwrap();
    let next = market.get(&ann, &format!("{resource}/logs?page_token={token}")).await.body;
    assert_eq!((&next["lines"][0]["text"], next.get("next_page_token")), (&json!("three"), None));
    let after = market.get(&ann, &format!("{resource}/logs?after=2")).await.body;
    assert_eq!(after["lines"].as_array().unwrap().len(), 1);

    let followed = market.get(&ann, &format!("{resource}/logs?follow=true")).await;
    assert_eq!(followed.header("content-type"), "text/event-stream");
    let events = followed.body.as_str().unwrap();
    assert_eq!(events.matches("event: line").count(), 3, "{events}");
    assert!(events.contains("id: 3") && events.trim_end().ends_with("data: {\"state\":\"succeeded\"}"), "{events}");
    let back = market.request(&ann, Method::GET, &format!("{resource}/logs?follow=true")).header("Last-Event-ID", "2");
    let events = Answer::of(back.send().await).await;
    assert_eq!(events.body.as_str().unwrap().matches("event: line").count(), 1);
    let odd = market.request(&ann, Method::GET, &format!("{resource}/logs?follow=true")).header("Last-Event-ID", "x");
    assert_eq!(Answer::of(odd.send().await).await.status, 400);
    market.world.finish().await;
}

#[tokio::test]
async fn only_so_many_streams_are_open_at_once() {
    let market = Market::open().await;
    let (ann, ben) = (market.trader().await, market.trader().await);
    let settings = Settings { followers_of_caller_max: 1, followers_max: 2, ..Settings::default() };
    let client = TestClient::new(api::endpoint(App { settings: Arc::new(settings), ..market.app.clone() }));
    let (of_ann, _) = accepted(&market, &ann).await;
    let (of_ben, _) = accepted(&market, &ben).await;
    let follow = async |trader: &Trader, resource: &str| {
        let request = client.get(format!("{resource}/logs?follow=true"));
        request.header("Authorization", trader.authorization()).send().await
    };
    let open = follow(&ann, &of_ann).await;
    let refused = Answer::of(follow(&ann, &of_ann).await).await;
    assert_eq!((refused.status, refused.problem()), (429, "limited"));
    assert!(refused.text("detail").contains("you follow 1") && !refused.header("retry-after").is_empty(), "{refused:?}");
    let other = follow(&ben, &of_ben).await;
    assert_eq!(other.0.status().as_u16(), 200, "each for themselves");
    drop(open);
    assert_eq!(follow(&ann, &of_ann).await.0.status().as_u16(), 200, "who has left leaves their place");
    drop(other);
    market.world.run_jobs().await;
    market.world.finish().await;
}

#[tokio::test]
async fn an_agents_record_is_told_in_numbers() {
    let market = Market::open().await;
    let ann = market.trader().await;
    let (resource, _) = accepted(&market, &ann).await;
    market.world.run_jobs().await;
    let agent = market.get(&ann, &resource).await.body["agent_id"].as_str().unwrap().to_owned();
    let stats = market.get(&ann, &format!("/v1/agents/{agent}/stats")).await.body;
    assert_eq!((&stats["executions"]["succeeded"], &stats["success_rate"], &stats["wall_ms_p95"]), (&json!(1), &json!(1.0), &json!(34)));
    let other = market.get(&ann, &format!("/v1/agents/{agent}/stats?version=2")).await.body;
    assert_eq!((&other["executions"]["succeeded"], other.get("success_rate")), (&json!(0), None));
    market.world.finish().await;
}
