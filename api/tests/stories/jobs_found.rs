//! Finding jobs.

use std::time::Duration;

use domain::accounts::Role;
use domain::entities::id::JobId;
use jobs::NewJob;
use jobs::kinds::{Probe, ProbeAction, PruneRows};
use platform::Clock as _;
use serde_json::json;

use crate::house::{Guest, House};

fn wait(wait_ms: u64) -> NewJob {
    NewJob::of(&Probe { action: ProbeAction::Wait { wait_ms }, concurrency: None }).unwrap().delayed(Duration::from_hours(1))
}

async fn found(house: &House, guest: &Guest, query: &str) -> Vec<String> {
    let answer = house.get(guest, &format!("/v1/ops/jobs?{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.column("jobs", "id").into_iter().map(str::to_owned).collect()
}

async fn state(house: &House, id: JobId, assignments: &str) {
    let hex = uuid::Uuid::from(id).as_simple().to_string();
    house.world.database.execute(&format!("UPDATE jobs SET {assignments} WHERE id = unhex('{hex}')")).await;
}

#[tokio::test]
async fn jobs_are_found_by_kind_state_pool_text_argument_and_time() {
    let house = House::open().await;
    let guest = house.guest(Role::Architect).await;
    let short = house.world.enqueue(wait(5)).await;
    let long = house.world.enqueue(wait(600)).await;
    let prune = house.world.enqueue(NewJob::of(&PruneRows {}).unwrap()).await;
    state(&house, long, "state = 'failed', finished_at = 5, created_at = created_at - 1800000000, last_error = 'the host 10% was Away_x'")
        .await;
    let (short, long, prune) = (short.to_string(), long.to_string(), prune.to_string());
    let (short, long, prune) = (short.as_str(), long.as_str(), prune.as_str());
    let all = [prune, long, short];
    let between = domain::entities::Timestamp::from(house.world.clock.now() - Duration::from_mins(15));
    for (query, expected) in [
        ("", &all[..]),
        ("kind=probe", &[long, short]),
        ("state=failed", &[long]),
        ("state=failed&state=queued", &all),
        ("pool=upkeep", &[prune]),
        ("pool=simulation&state=queued&kind=probe", &[short]),
        (&format!("q={long}"), &[long]),
        ("q=PRUNE", &[prune]),
        ("q=was%20away", &[long]),
        ("q=10%25%20w", &[long]),
        ("q=away-x", &[]),
        ("args.action.wait.wait_ms=600", &[long]),
        ("args.action.wait.wait_ms=5&state=failed", &[]),
        ("args.action=succeed", &[]),
        (&format!("created_before={between}"), &[long]),
        (&format!("created_after={between}&kind=probe"), &[short]),
    ] {
        assert_eq!(found(&house, &guest, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn pages_lead_through_everything_once() {
    let house = House::open().await;
    let guest = house.guest(Role::Observer).await;
    for _ in 0..5 {
        house.world.enqueue(wait(5)).await;
    }
    let all = found(&house, &guest, "").await;
    let mut seen = Vec::new();
    let mut query = "kind=probe&page_size=2".to_owned();
    loop {
        let answer = house.get(&guest, &format!("/v1/ops/jobs?{query}")).await;
        seen.extend(answer.column("jobs", "id").into_iter().map(str::to_owned));
        match answer.text("next_page_token") {
            "" => break,
            token => query = format!("kind=probe&page_size=2&page_token={token}"),
        }
    }
    assert_eq!(seen, all);
}

#[tokio::test]
async fn a_wrong_question_is_a_bad_request() {
    let house = House::open().await;
    let guest = house.guest(Role::Observer).await;
    for (query, pointer) in
        [("state=broken", "state"), ("pool=swimming", "pool"), ("created_after=today", "created_after"), ("page_size=-1", "page_size")]
    {
        let answer = house.get(&guest, &format!("/v1/ops/jobs?{query}")).await;
        assert_eq!((answer.status, answer.problem(), answer.pointers()), (400, "validation-failed", vec![pointer]), "{query}");
    }
    let token = house.get(&guest, "/v1/ops/jobs?page_token=nonsense").await;
    assert_eq!((token.status, token.problem()), (400, "invalid-page-token"));
    let path = house.get(&guest, "/v1/ops/jobs?args.a..b=1").await;
    assert_eq!((path.status, path.pointers()), (400, vec!["args.a..b"]));
}

#[tokio::test]
async fn an_observer_sees_no_content_and_an_architect_does() {
    let house = House::open().await;
    let (observer, architect) = (house.guest(Role::Observer).await, house.guest(Role::Architect).await);
    let id = house.world.enqueue(NewJob::of(&Probe { action: ProbeAction::Succeed, concurrency: None }).unwrap()).await;
    house.world.run_jobs().await;
    house.world.database.execute("UPDATE job_attempts SET log = 'a secret', error = 'a secret'").await;
    house.world.database.execute("UPDATE jobs SET last_error = 'a secret', error_code = 'output_schema', state = 'failed'").await;
    let path = format!("/v1/ops/jobs/{id}");
    let shown = house.get(&architect, &path).await;
    assert_eq!((&shown.body["payload"], &shown.body["redacted"]), (&json!({"action": "succeed"}), &json!(false)));
    assert_eq!((&shown.body["attempts"][0]["outcome"], &shown.body["attempts"][0]["log"]), (&json!("succeeded"), &json!("a secret")));
    let redacted = house.get(&observer, &path).await;
    assert_eq!((redacted.text("id"), &redacted.body["redacted"]), (id.to_string().as_str(), &json!(true)));
    for hidden in ["payload", "result", "progress"] {
        assert!(redacted.body.get(hidden).is_none(), "{hidden}");
    }
    assert!(redacted.body["attempts"][0].get("log").is_none());
    let operation = house.get(&observer, &format!("/v1/operations/{id}")).await;
    assert_eq!(operation.body["error"]["code"], "output_schema", "the code is for everybody");
    let list = house.get(&observer, "/v1/ops/jobs").await;
    for answer in [&redacted, &operation, &list] {
        assert!(answer.status == 200 && !answer.body.to_string().contains("secret"), "{answer:?}");
    }
    assert_eq!(found(&house, &observer, "q=secret").await, Vec::<String>::new(), "what one may not read, one may not search");
    assert_eq!(found(&house, &observer, "q=prob").await, [id.to_string()]);
    let guessed = house.get(&observer, "/v1/ops/jobs?args.action=succeed").await;
    assert_eq!((guessed.status, guessed.problem(), guessed.pointers()), (400, "validation-failed", vec!["args.action"]));
    assert_eq!(found(&house, &architect, "q=secret").await, [id.to_string()]);
    assert_eq!(house.get(&architect, &path).await.body["last_error"], "a secret");
    house.close().await;
}

#[tokio::test]
async fn a_job_that_is_not_there_is_not_found() {
    let house = House::open().await;
    let guest = house.guest(Role::Observer).await;
    for path in ["/v1/ops/jobs/job_01980000000070008000000000000001", "/v1/ops/jobs/nonsense"] {
        let answer = house.get(&guest, path).await;
        assert_eq!((answer.status, answer.problem()), (404, "not-found"));
    }
}
