//! Parameters: everything that is wrong at once, in the words that are used for bodies, and never a fault of ours.

use domain::accounts::Role;
use poem::http::Method;
use serde_json::json;

use crate::house::{Answer, House};
use crate::market::{Market, agent};

#[tokio::test]
async fn every_wrong_parameter_is_named_at_once() {
    let house = House::open().await;
    let guest = house.guest(Role::Observer).await;
    let answer =
        house.get(&guest, "/v1/ops/jobs?page_size=ten&state=broken&state=queued&created_after=today&pool=swimming&kind=probe").await;
    assert_eq!((answer.status, answer.problem()), (400, "validation-failed"));
    let mut wrong = answer.pointers();
    wrong.sort_unstable();
    assert_eq!(wrong, ["created_after", "page_size", "pool", "state"]);
    let said = answer.body["errors"].to_string();
    for what_to_do in ["must be a whole number", "must be one of: queued, running", "RFC 3339", "must be one of: containers"] {
        assert!(said.contains(what_to_do), "{what_to_do}: {said}");
    }
    for word_of_the_framework in ["failed to parse", "JobState", "verification", "i32", "invalid digit"] {
        assert!(!said.contains(word_of_the_framework), "{word_of_the_framework}: {said}");
    }
}

/// A filter with a typing error in it finds nothing, and not everything.
#[tokio::test]
async fn a_parameter_that_does_not_exist_is_named_with_those_that_do() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let answer = house.get(&guest, "/v1/ops/jobs?stat=failed&args.action=fail&pageSize=2&page_size=ten").await;
    let mut wrong = answer.pointers();
    wrong.sort_unstable();
    assert_eq!((answer.status, answer.problem(), wrong), (400, "validation-failed", vec!["pageSize", "page_size", "stat"]));
    let said = answer.body["errors"].to_string();
    assert!(said.contains("no such parameter; there are: kind, state, pool"), "{said}");
    let none = house.get(&guest, "/v1/users/me?fields=all").await;
    assert_eq!((none.status, none.pointers()), (400, vec!["fields"]));
    assert_eq!(house.get(&guest, "/v1/agents?args.action=fail").await.pointers(), ["args.action"]);
    let public = Answer::of(house.client.post("/v1/auth/refresh?verbose=1").body_json(&json!({})).send().await).await;
    assert_eq!((public.status, public.pointers()), (400, vec!["verbose"]));
    let probe = Answer::of(house.client.get("/health/live?at=1780000000").send().await).await;
    assert_eq!(probe.status, 200, "those who look after the process add what they like");
    house.close().await;
}

#[tokio::test]
async fn headers_and_queries_are_wrong_together() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let body = json!({ "kind": "probe", "payload": { "action": "succeed" } });
    let post = house.client.post("/v1/ops/jobs?validate_only=perhaps").header("Idempotency-Key", "k".repeat(256)).body_json(&body);
    assert_eq!(guest.knock(post).await.pointers(), ["Idempotency-Key", "validate_only"]);
    let odd = house.client.post("/v1/ops/jobs").header("Idempotency-Key", poem::http::HeaderValue::from_bytes(&[0xe4]).unwrap());
    assert_eq!(guest.knock(odd.body_json(&body)).await.pointers(), ["Idempotency-Key"]);
    assert_eq!(house.world.database.count("SELECT count(*) FROM jobs").await, 0);
}

#[tokio::test]
async fn who_is_calling_is_asked_first() {
    let house = House::open().await;
    let nobody = Answer::of(house.client.get("/v1/ops/jobs?page_size=ten").send().await).await;
    assert_eq!(nobody.problem(), "authentication-required");
    let operator = house.guest(Role::Operator).await;
    assert_eq!(house.get(&operator, "/v1/ops/jobs?page_size=ten").await.problem(), "forbidden");
}

#[tokio::test]
async fn a_page_size_is_never_too_large_and_never_negative() {
    let market = Market::open().await;
    let ann = market.trader().await;
    for _ in 0..2 {
        market.agent(&ann).await;
    }
    for (size, rows) in
        [("", 2), ("?page_size=0", 2), ("?page_size=1", 1), ("?page_size=5000", 2), ("?page_size=99999999999999999999999", 2)]
    {
        let answer = market.get(&ann, &format!("/v1/agents{size}")).await;
        assert_eq!((answer.status, answer.body["agents"].as_array().map_or(0, Vec::len)), (200, rows), "{size}: {answer:?}");
    }
    for size in ["-1", "-99999999999999999999999", "1.5", "", "ten"] {
        let answer = market.get(&ann, &format!("/v1/agents?page_size={size}")).await;
        assert_eq!((answer.status, answer.problem(), answer.pointers()), (400, "validation-failed", vec!["page_size"]), "{size}");
    }
    market.world.finish().await;
}

/// PostgreSQL refuses a NUL in any text; SQLite would take it.
#[tokio::test(flavor = "multi_thread")]
async fn a_nul_is_refused_wherever_it_stands() {
    let market = Market::on(testkit::Kind::Postgres).await;
    let architect = market.trader_as(Role::Architect).await;
    for (path, pointer) in [
        ("/v1/agents?q=a%00b", "q"),
        ("/v1/agents?token=%00", "token"),
        ("/v1/agents?page_token=%00", "page_token"),
        ("/v1/ops/jobs?q=%00", "q"),
        ("/v1/ops/jobs?kind=%00&args.a=b", "kind"),
        ("/v1/ops/jobs?args.a=%00", "args.a"),
        ("/v1/ops/jobs?args.%00=a", "args.\u{fffd}"),
        ("/v1/ops/jobs?nobody_reads_it=%00", "nobody_reads_it"),
        ("/v1/ops/schedules/a%00b/history", "name"),
        ("/v1/agents/agt_%00", "id"),
    ] {
        let answer = market.get(&architect, path).await;
        assert_eq!((answer.status, answer.problem(), answer.pointers()), (400, "validation-failed", vec![pointer]), "{path}");
    }
    let run_now = Answer::of(market.request(&architect, Method::POST, "/v1/ops/schedules/%00/run-now").send().await).await;
    assert_eq!((run_now.status, run_now.pointers()), (400, vec!["name"]));
    let mut nul = agent();
    nul["description"] = json!("Counts the words\0of a text.");
    nul["input_schema"]["properties"]["a\0b"] = json!({ "const": "\0" });
    nul["category"] = json!("cooking");
    let refused = market.post(&architect, "/v1/agents", &nul).await;
    let mut pointers = refused.pointers();
    pointers.sort_unstable();
    let inside = ["/category", "/description", "/input_schema/properties/a\u{fffd}b", "/input_schema/properties/a\u{fffd}b/const"];
    assert_eq!((refused.status, refused.problem(), pointers), (400, "validation-failed", inside.to_vec()));
    let job = json!({ "kind": "probe", "payload": { "action": "\0" } });
    assert_eq!(market.post(&architect, "/v1/ops/jobs", &job).await.pointers(), ["/payload/action"]);
    let bulk = json!({ "action": "delete", "filter": { "q": "\0", "args": { "a": "\0" } } });
    let refused = market.post(&architect, "/v1/ops/jobs/bulk", &bulk).await;
    assert_eq!((refused.status, refused.pointers()), (400, vec!["/filter/args/a", "/filter/q"]));
    let secret = market.client.post("/v1/auth/login/link").body_json(&json!({ "secret": "\0".repeat(20) })).send().await;
    assert_eq!(Answer::of(secret).await.pointers(), ["/secret"]);
    market.world.finish().await;
}
