//! What callers hear who come too often.

use domain::accounts::Role;
use domain::limits::{Per, Rate, Settings};
use poem::http::StatusCode;
use serde_json::json;
use testkit::TestWallet;

use crate::house::{Answer, House};
use crate::market::{Market, agent};

async fn house(limits: Settings) -> House {
    House::limited(limits).await
}

#[tokio::test]
async fn every_answer_says_how_its_caller_stands() {
    let house = house(Settings::default()).await;
    let stranger = Answer::of(house.client.get("/v1/agents").send().await).await;
    assert_eq!((stranger.status, stranger.header("ratelimit-policy")), (401, r#""api";q=100;w=900"#));
    assert_eq!(stranger.header("ratelimit"), r#""api";r=99;t=45"#, "five are taken at a time, and four of them are still here");
    let guest = house.guest(Role::Operator).await;
    let known = house.get(&guest, "/v1/agents").await;
    assert_eq!((known.status, known.header("ratelimit-policy")), (200, r#""caller";q=600;w=60"#));
    assert_eq!(known.header("ratelimit"), r#""caller";r=599;t=3"#);
}

#[tokio::test]
async fn strangers_count_by_address_and_the_known_by_themselves() {
    let house = house(Settings { api: Rate::of(2, 900, Per::Ip), caller: Rate::of(3, 60, Per::User), ..Settings::default() }).await;
    let (ann, ben) = (house.guest(Role::Operator).await, house.guest(Role::Operator).await);
    let stranger = async || Answer::of(house.client.get("/v1/agents").send().await).await;
    assert_eq!([stranger().await.status, stranger().await.status], [401, 401]);
    let refused = stranger().await;
    assert_eq!((refused.status, refused.problem()), (429, "limited"));
    assert_eq!(refused.body["title"], "Too many requests, please try again later");
    assert_eq!((refused.header("retry-after"), refused.header("ratelimit")), ("450", r#""api";r=0;t=900"#));
    for _ in 0..3 {
        assert_eq!(house.get(&ann, "/v1/agents").await.status, 200, "whoever is signed in does not count as a stranger");
    }
    assert_eq!(house.get(&ann, "/v1/agents").await.header("retry-after"), "20");
    assert_eq!(house.get(&ben, "/v1/agents").await.status, 200);
    let other = house.client.get("/v1/agents").header("X-Forwarded-For", "203.0.113.7").send().await;
    assert_eq!(Answer::of(other).await.status, 429, "nobody is believed who only says that they come from elsewhere");
}

#[tokio::test]
async fn health_and_the_console_do_not_count() {
    let house = house(Settings { api: Rate::of(1, 900, Per::Ip), caller: Rate::of(1, 60, Per::User), ..Settings::default() }).await;
    let architect = house.guest(Role::Architect).await;
    for _ in 0..3 {
        for path in ["/health/live", "/openapi.json", "/problems/limited"] {
            let answer = Answer::of(house.client.get(path).send().await).await;
            assert_eq!((answer.status, answer.header("ratelimit")), (200, ""), "{path}");
        }
        assert_eq!(house.get(&architect, "/v1/ops/jobs").await.status, 200);
    }
    assert_eq!(house.get(&architect, "/v1/agents").await.status, 200, "none of them was counted");
    assert_eq!(house.get(&architect, "/v1/agents").await.status, 429);
}

#[tokio::test]
async fn a_stream_counts_when_it_is_refused_and_not_when_it_opens() {
    let limits = Settings { caller: Rate::of(3, 3_600, Per::User), ..Settings::default() };
    let market = Market::with(testkit::Kind::Sqlite, domain::Settings { limits, ..domain::Settings::default() }).await;
    let ann = market.trader().await;
    let agent_id = market.agent(&ann).await;
    let accepted = market.post(&ann, "/v1/executions", &json!({ "agent_id": agent_id, "input": { "text": "a b c" } })).await;
    let stream = format!("{}/logs?follow=true", accepted.text("resource"));
    market.world.run_jobs().await;
    for _ in 0..5 {
        assert_eq!(market.get(&ann, &stream).await.status, 200);
    }
    let nothing = "/v1/executions/exe_01980000000070008000000000000001/logs?follow=true";
    let missed = market.get(&ann, nothing).await;
    assert_eq!((missed.status, missed.header("ratelimit-policy")), (404, r#""caller";q=3;w=3600"#), "one is left, and is gone now");
    assert_eq!(market.get(&ann, nothing).await.problem(), "limited", "nobody looks for executions of others for nothing");
    market.world.finish().await;
}

#[tokio::test]
async fn what_only_looks_like_a_stream_or_the_console_counts() {
    let house = house(Settings { api: Rate::of(1, 900, Per::Ip), caller: Rate::of(1, 60, Per::User), ..Settings::default() }).await;
    let stream = "/v1/executions/exe_01980000000070008000000000000001/logs?follow=true";
    let stranger = async |path: &str| Answer::of(house.client.get(path).send().await).await.status;
    assert_eq!(
        [stranger(stream).await, stranger("/v1/events").await, stranger(stream).await],
        [401, 429, 429],
        "nobody tries keys for nothing"
    );
    for path in ["/v1/agents/logs?follow=true", "/v1/executions/a/b/logs?follow=true", "/v1/ops/jobs"] {
        let operator = house.guest(Role::Operator).await;
        assert_ne!(house.get(&operator, path).await.status, 429);
        assert_eq!(house.get(&operator, path).await.status, 429, "{path}");
    }
    let operator = house.guest(Role::Operator).await;
    let posted = async || house.post(&operator, stream, &json!(null)).await.status;
    assert_eq!([posted().await, posted().await], [405, 429]);
}

#[tokio::test]
async fn devices_that_wait_count_among_themselves() {
    let house = house(Settings { api: Rate::of(2, 900, Per::Ip), link_poll: Rate::of(3, 900, Per::Ip), ..Settings::default() }).await;
    let question = json!({ "device_code": "0123456789abcdef", "proof": TestWallet::new(1).signature(b"of something else") });
    let poll = async || Answer::of(house.client.post("/v1/link/token").body_json(&question).send().await).await;
    for _ in 0..3 {
        let answer = poll().await;
        assert_eq!((answer.status, answer.header("ratelimit-policy")), (400, r#""link_poll";q=3;w=900"#), "{answer:?}");
    }
    assert_eq!(poll().await.problem(), "limited");
    let stranger = Answer::of(house.client.get("/v1/agents").send().await).await;
    assert_eq!(
        (stranger.status, stranger.header("ratelimit")),
        (401, r#""api";r=1;t=450"#),
        "whoever else comes from there is not kept out"
    );
}

#[tokio::test]
async fn a_limit_that_is_off_is_not_told_of() {
    let house = house(Settings { caller: Rate::Off, ..Settings::default() }).await;
    let guest = house.guest(Role::Operator).await;
    let answer = house.get(&guest, "/v1/agents").await;
    assert_eq!((answer.status, answer.header("ratelimit"), answer.header("ratelimit-policy")), (200, "", ""));
}

#[tokio::test]
async fn the_eleventh_run_in_an_hour_is_refused() {
    let market = Market::open().await;
    let ann = market.trader().await;
    let id = market.post(&ann, "/v1/agents", &agent()).await.body["id"].clone();
    let run = json!({ "agent_id": id, "input": { "text": "a" } });
    for _ in 0..10 {
        assert_eq!(market.post(&ann, "/v1/executions", &run).await.status, StatusCode::ACCEPTED.as_u16());
    }
    let refused = market.post(&ann, "/v1/executions", &run).await;
    assert_eq!((refused.status, refused.problem()), (429, "execution-limit"));
    assert_eq!(
        (&refused.body["title"], refused.header("ratelimit-policy")),
        (&json!("Execution limit reached"), r#""executions";q=10;w=3600"#)
    );
    assert!(refused.header("ratelimit").starts_with(r#""executions";r=0;t="#), "{}", refused.header("ratelimit"));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((300..=360).contains(&wait), "{wait}");
    let policies: Vec<_> = refused.headers.get_all("ratelimit-policy").iter().collect();
    assert_eq!(policies, [r#""executions";q=10;w=3600"#, r#""caller";q=600;w=60"#]);
    market.world.run_jobs().await;
    market.world.finish().await;
}
