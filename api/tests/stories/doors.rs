//! Who gets in, and what they hear who do not.

use std::sync::Arc;
use std::time::Duration;

use crate::house::{Answer, Guest, House};
use api::{App, Dependency};
use domain::accounts::Role;
use metrics_exporter_prometheus::PrometheusBuilder;
use poem::test::TestClient;

#[tokio::test]
async fn whatever_does_not_exist_is_a_problem_document_too() {
    let house = House::open().await;
    let nowhere = Answer::of(house.client.get("/v1/nowhere").send().await).await;
    assert_eq!((nowhere.status, nowhere.problem()), (404, "not-found"));
    let wrong_method = Answer::of(house.client.delete("/v1/ops/jobs").send().await).await;
    assert_eq!((wrong_method.status, wrong_method.problem()), (405, "method-not-allowed"));
}

/// RFC 9110 § 15.5.6: whoever is told no is told what would do.
#[tokio::test]
async fn a_wrong_method_is_answered_with_the_right_ones() {
    let house = House::open().await;
    for (path, allowed) in [
        ("/v1/ops/jobs", "GET, HEAD, POST"),
        ("/v1/agents/agt_01980000000070008000000000000001", "DELETE, GET, HEAD, PUT"),
        ("/v1/executions/exe_01980000000070008000000000000001/cancel", "POST"),
        ("/openapi.json", "GET, HEAD"),
    ] {
        let answer = Answer::of(house.client.patch(path).send().await).await;
        assert_eq!((answer.status, answer.header("allow")), (405, allowed), "{path}");
        assert!(answer.text("detail").ends_with(&format!("it takes {allowed}")), "{answer:?}");
    }
    assert_eq!(house.client.head("/openapi.json").send().await.0.status().as_u16(), 200);
}

#[tokio::test]
async fn without_a_token_nobody_gets_in() {
    let house = House::open().await;
    let none = Answer::of(house.client.get("/v1/ops/jobs").send().await).await;
    assert_eq!((none.status, none.problem()), (401, "authentication-required"));
    assert_eq!(none.body["title"], "Authentication required");
    assert!(none.text("detail").contains("Authorization: Bearer"), "{none:?}");
    let basic = Answer::of(house.client.get("/v1/ops/jobs").header("Authorization", "Basic YTpi").send().await).await;
    assert_eq!((basic.status, basic.problem()), (401, "authentication-required"));
    assert!(basic.text("detail").contains("must be `Bearer`"), "{basic:?}");
    assert_eq!(none.header("www-authenticate"), "Bearer");
    let forged = Answer::of(house.client.get("/v1/ops/jobs").header("Authorization", "Bearer nonsense").send().await).await;
    assert_eq!((forged.status, forged.problem()), (401, "invalid-token"));
    assert_eq!(forged.body["title"], "Invalid token");
    assert!(forged.text("detail").contains("sign in again"), "{forged:?}");
}

#[tokio::test]
async fn a_token_of_somebody_who_is_gone_opens_nothing() {
    let house = House::open().await;
    let caller = domain::Caller::new(uuid::Uuid::from_u128(1).into(), Role::Architect);
    let token = house.app.tokens.issue(&caller, Duration::from_mins(1)).unwrap();
    let answer = house.get(&Guest { caller, token }, "/v1/ops/jobs").await;
    assert_eq!((answer.status, answer.problem()), (401, "invalid-token"));
}

#[tokio::test]
async fn operations_are_shown_to_those_who_run_the_house() {
    let house = House::open().await;
    for (role, status) in [(Role::Architect, 200), (Role::Observer, 200), (Role::Operator, 403)] {
        let guest = house.guest(role).await;
        assert_eq!(house.get(&guest, "/v1/ops/jobs").await.status, status, "{}", role.name());
    }
}

#[tokio::test]
async fn a_request_keeps_the_id_that_its_caller_gave_it() {
    let house = House::open().await;
    let named = house.client.get("/health/live").header("X-Request-Id", "abc-1").send().await;
    assert_eq!(Answer::of(named).await.header("x-request-id"), "abc-1");
    let unfit = house.client.get("/health/live").header("X-Request-Id", "a b").send().await;
    assert!(Answer::of(unfit).await.header("x-request-id").starts_with("req_"));
}

#[tokio::test]
async fn health_needs_no_token_and_names_database_and_pools() {
    let house = House::open().await;
    let ready = Answer::of(house.client.get("/health/ready").send().await).await;
    assert_eq!(ready.status, 200);
    assert_eq!(ready.body["dependencies"][0]["name"], "database");
    let pools: Vec<_> = ready.body["pools"].as_array().unwrap().iter().map(|pool| pool["name"].as_str().unwrap()).collect();
    assert!(pools.contains(&"containers") && pools.contains(&"settlement"), "{pools:?}");
}

#[tokio::test]
async fn only_what_is_needed_keeps_a_process_from_being_ready() {
    let house = House::open().await;
    for (needed, status) in [(false, 200), (true, 503)] {
        let away = Dependency { name: "redis", needed, check: Box::new(|| Box::pin(async { Err("nobody answers".into()) })) };
        let app = App { dependencies: [away].into(), ..house.app.clone() };
        let ready = Answer::of(TestClient::new(api::endpoint(app)).get("/health/ready").send().await).await;
        let redis = &ready.body["dependencies"][1];
        assert_eq!(
            (ready.status, &redis["name"], &redis["state"], &redis["needed"]),
            (status, &"redis".into(), &"away".into(), &needed.into())
        );
    }
}

#[tokio::test]
async fn metrics_are_told_without_the_database_too() {
    let house = House::open().await;
    let recorder = PrometheusBuilder::new().build_recorder();
    let app = App { metrics: Some(recorder.handle()), ..house.app.clone() };
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("jobs_claimed_total").increment(1);
        metrics::gauge!("jobs", "pool" => "keys", "state" => "queued").set(7.0);
        metrics::gauge!("jobs_oldest_wait_seconds", "pool" => "keys").set(7.0);
    });
    house.world.database.execute("ALTER TABLE workers RENAME TO gone").await;
    let told = Answer::of(TestClient::new(api::endpoint(app)).get("/metrics").send().await).await;
    assert_eq!(told.status, 200, "{told:?}");
    let text = told.body.as_str().unwrap();
    assert!(text.contains("jobs_claimed_total 1"), "{text}");
    assert!(!text.contains("jobs{") && !text.contains("jobs_oldest_wait_seconds"), "what was known before is no answer now: {text}");
}

#[tokio::test]
async fn metrics_are_shown_to_the_addresses_that_the_settings_name() {
    let house = House::open().await;
    let recorder = PrometheusBuilder::new().build_recorder();
    for (nets, status) in [(&["203.0.113.0/24"][..], 403), (&[][..], 200)] {
        let settings = api::Settings { metrics_nets: nets.iter().map(|net| net.parse().unwrap()).collect(), ..api::Settings::default() };
        let app = App { metrics: Some(recorder.handle()), settings: Arc::new(settings), ..house.app.clone() };
        let answer = Answer::of(TestClient::new(api::endpoint(app)).get("/metrics").send().await).await;
        assert_eq!(answer.status, status, "{nets:?}");
    }
}

#[tokio::test]
async fn a_suspended_user_is_out_at_once() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    house.world.database.execute("UPDATE users SET state = 'suspended'").await;
    let answer = house.get(&guest, "/v1/ops/jobs").await;
    assert_eq!((answer.status, answer.problem()), (401, "invalid-token"));
    assert!(answer.text("detail").contains("suspended"), "{answer:?}");
}

#[tokio::test]
async fn a_token_ends_when_it_says_so() {
    let house = House::open().await;
    let guest = house.guest(Role::Observer).await;
    house.world.clock.advance(Duration::from_mins(2));
    let answer = house.get(&guest, "/v1/ops/jobs").await;
    assert_eq!((answer.status, answer.problem()), (401, "invalid-token"));
}

#[tokio::test]
async fn a_login_link_lets_one_in_once() {
    let house = House::open().await;
    let secret = house.world.domain.accounts().bootstrap().await.unwrap().unwrap().secret;
    let body = serde_json::json!({ "secret": secret });
    let first = Answer::of(house.client.post("/v1/auth/login/link").body_json(&body).send().await).await;
    assert_eq!((first.status, &first.body["user"]["role"], &first.body["expires_in"]), (200, &"architect".into(), &900.into()));
    let jobs = house.client.get("/v1/ops/jobs").header("Authorization", format!("Bearer {}", first.text("access_token"))).send().await;
    assert_eq!(Answer::of(jobs).await.status, 200);
    let second = Answer::of(house.client.post("/v1/auth/login/link").body_json(&body).send().await).await;
    assert_eq!((second.status, second.problem()), (401, "invalid-login-link"));
}

#[tokio::test]
async fn nothing_internal_is_told_outside_of_development() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    house.world.database.execute("ALTER TABLE schedules RENAME TO gone").await;
    let answer = house.get(&guest, "/v1/ops/schedules").await;
    assert_eq!((answer.status, answer.problem()), (500, "internal"));
    assert_eq!(answer.body["title"], "Internal server error");
    assert!(!answer.body.to_string().contains("gone") && answer.body.get("detail").is_none(), "{:?}", answer.body);
}

#[tokio::test]
async fn only_browsers_of_configured_origins_may_read_answers() {
    let settings = api::Settings { cors_origins: vec!["https://app.example".into()], ..api::Settings::default() };
    let house = House::with(settings).await;
    let from = |origin: &str| house.client.get("/v1/ops/jobs").header("Origin", origin).send();
    let known = Answer::of(from("https://app.example").await).await;
    assert_eq!((known.status, known.header("access-control-allow-origin")), (401, "https://app.example"), "errors too");
    let stranger = Answer::of(from("https://evil.example").await).await;
    assert_eq!((stranger.status, stranger.header("access-control-allow-origin")), (401, ""));
    let preflight = |origin: &str| {
        let request = house.client.request(poem::http::Method::OPTIONS, "/v1/ops/jobs").header("Origin", origin);
        request.header("Access-Control-Request-Method", "POST").send()
    };
    assert_eq!(Answer::of(preflight("https://app.example").await).await.status, 204);
    assert_eq!(Answer::of(preflight("https://evil.example").await).await.problem(), "forbidden");
}
