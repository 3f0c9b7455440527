//! Webhooks as their owners see them, and who is told what.

use std::time::Duration;

use domain::entities::job;
use domain::events::NewEvent;
use domain::paging::PageRequest;
use domain::webhooks::{DeliveryFilter, State, WebhookDraft, WebhookError};
use domain::{Caller, Fault as _, Settings, events};
use jobs::kinds::JobKind;
use serde_json::{Value, json};
use testkit::World;

crate::on_every_engine!(
    an_event_reaches_the_webhooks_of_its_owner_that_want_it,
    of_many_sequencers_each_endpoint_gets_an_event_once,
    a_full_batch_for_all_webhooks_of_a_user_goes_out,
    nothing_is_sent_for_a_change_that_was_undone,
    every_wrong_field_is_named_at_once,
    a_user_has_a_bounded_number_of_webhooks,
    somebody_elses_webhook_is_not_there,
    a_change_asks_for_the_version_that_was_read,
    a_secret_is_shown_once_and_stored_sealed,
    while_a_secret_changes_requests_carry_both_signatures,
    a_suspended_owner_is_told_nothing,
);

pub const URL: &str = "https://hooks.example/tallyman";

pub fn draft(url: &str, events: &[&str]) -> WebhookDraft {
    WebhookDraft { url: url.into(), events: events.iter().map(|event| (*event).into()).collect(), description: None, state: None }
}

/// A run of an agent of that owner, up to its end, and whoever is to be told of it.
pub async fn run_and_tell(world: &World, owner: &Caller) {
    let agent = world.agent(owner).await;
    world.run_agent(owner, agent.row.id, json!({ "text": "a b c" })).await;
    world.run_jobs().await;
    tell(world).await;
}

pub async fn tell(world: &World) {
    events::sequence(&world.domain, 100).await.unwrap();
    world.run_jobs().await;
}

async fn an_event_reaches_the_webhooks_of_its_owner_that_want_it(world: World) {
    let (ann, bob) = (world.operator().await, world.operator().await);
    world.webhook(&ann, "https://hooks.example/all", &["*"]).await;
    world.webhook(&ann, "https://hooks.example/ends", &["execution.failed", "execution.succeeded"]).await;
    world.webhook(&ann, "https://hooks.example/agents", &["agent.*"]).await;
    world.webhook(&bob, "https://hooks.example/bob", &["*"]).await;
    run_and_tell(&world, &ann).await;
    let mut seen: Vec<_> = world.http.taken().into_iter().map(|request| (request.url, request.body)).collect();
    seen.sort();
    let (urls, bodies): (Vec<_>, Vec<_>) = seen.into_iter().unzip();
    let all = "https://hooks.example/all";
    assert_eq!(urls, [all, all, all, "https://hooks.example/ends"]);
    let body: Value = serde_json::from_slice(&bodies[3]).unwrap();
    assert_eq!((&body["type"], &body["data"]["state"]), (&json!("execution.succeeded"), &json!("succeeded")));
    assert!(body["data"]["execution_id"].as_str().unwrap().starts_with("exe_") && body["timestamp"].is_string(), "{body}");
    world.finish().await;
}

async fn of_many_sequencers_each_endpoint_gets_an_event_once(world: World) {
    let ann = world.operator().await;
    for path in ["a", "b"] {
        world.webhook(&ann, &format!("https://hooks.example/{path}"), &["execution.queued"]).await;
    }
    let agent = world.agent(&ann).await;
    for _ in 0..10 {
        world.run_agent(&ann, agent.row.id, json!({ "text": "a b c" })).await;
    }
    let sequencers = (0..4).map(async |_| while events::sequence(&world.domain, 3).await.unwrap() > 0 {});
    futures::future::join_all(sequencers).await;
    while events::sequence(&world.domain, 3).await.unwrap() > 0 {}
    assert_eq!(world.database.count("SELECT count(*) FROM webhook_deliveries").await, 20);
    assert_eq!(world.jobs_of(JobKind::DeliverWebhook).await.len(), 20);
    world.run_jobs().await;
    tell(&world).await;
    assert_eq!(world.http.taken().len(), 20);
    world.finish().await;
}

/// More deliveries than one statement can write.
async fn a_full_batch_for_all_webhooks_of_a_user_goes_out(world: World) {
    let ann = world.operator().await;
    for number in 0..20 {
        world.webhook(&ann, &format!("https://hooks.example/{number}"), &["execution.queued"]).await;
    }
    let agent = world.agent(&ann).await;
    while events::sequence(&world.domain, 100).await.unwrap() > 0 {}
    let run = world.run_agent(&ann, agent.row.id, json!({ "text": "a b c" })).await;
    let txn = world.database.db.write().await.unwrap();
    for _ in 1..250 {
        let (topic, data) = (format!("execution:{}", run.execution_id), json!({ "execution_id": run.execution_id, "state": "queued" }));
        events::append(&world.domain, &txn, NewEvent { topic, event: "executionStateUpdate", data }).await.unwrap();
    }
    txn.commit().await.unwrap();
    assert_eq!(events::sequence(&world.domain, 500).await.unwrap(), 250);
    assert_eq!(world.database.count("SELECT count(*) FROM webhook_deliveries").await, 5_000);
    world.shut_down().await;
}

async fn nothing_is_sent_for_a_change_that_was_undone(world: World) {
    let ann = world.operator().await;
    world.webhook(&ann, URL, &["*"]).await;
    let agent = world.agent(&ann).await;
    let txn = world.database.db.write().await.unwrap();
    let said =
        events::NewEvent { topic: format!("agent:{}", agent.row.id), event: "agentStatusUpdate", data: json!({ "state": "deployed" }) };
    events::append(&world.domain, &txn, said).await.unwrap();
    txn.rollback().await.unwrap();
    tell(&world).await;
    assert!(world.http.taken().is_empty());
    world.finish().await;
}

async fn every_wrong_field_is_named_at_once(world: World) {
    let ann = world.operator().await;
    let wrong =
        WebhookDraft { description: Some("a\u{7}".into()), ..draft("https://127.0.0.1/", &["*", "execution.done", "webhook.test"]) };
    let error = world.domain.webhooks().create(&ann, wrong, None).await.unwrap_err();
    let pointers: Vec<_> = error.fields().iter().map(|field| field.pointer.as_str()).collect();
    assert_eq!(pointers, ["/url", "/events/1", "/events/2", "/description"]);
    for count in [0, 51] {
        let error = world.domain.webhooks().create(&ann, draft(URL, &vec!["*"; count]), None).await.unwrap_err();
        assert_eq!(error.fields()[0].pointer, "/events");
    }
    world.finish().await;
}

async fn a_user_has_a_bounded_number_of_webhooks(world: World) {
    let rules = Settings {
        webhooks: domain::webhooks::Settings { endpoints_max: 2, ..domain::webhooks::Settings::default() },
        ..Settings::default()
    };
    let (domain, ann, bob) = (world.domain_set(rules), world.operator().await, world.operator().await);
    let (webhooks, ask) = (domain.webhooks(), || draft(URL, &["*"]));
    let all = futures::future::join_all((0..5).map(|_| webhooks.create(&ann, ask(), None))).await;
    assert_eq!(all.iter().filter(|made| made.is_ok()).count(), 2);
    assert!(all.iter().filter_map(|made| made.as_ref().err()).all(|error| matches!(error, WebhookError::TooMany { endpoints_max: 2 })));
    assert!(webhooks.create(&bob, ask(), None).await.is_ok(), "each for themselves");
    world.finish().await;
}

async fn somebody_elses_webhook_is_not_there(world: World) {
    let (ann, bob) = (world.operator().await, world.operator().await);
    let id = world.webhook(&ann, URL, &["*"]).await.webhook.id;
    let webhooks = world.domain.webhooks();
    let page = PageRequest::default();
    let refusals = [
        webhooks.get(&bob, id).await.unwrap_err(),
        webhooks.update(&bob, id, draft(URL, &["*"]), None).await.unwrap_err(),
        webhooks.delete(&bob, id, None).await.unwrap_err(),
        webhooks.rotate_secret(&bob, id, None, None).await.unwrap_err(),
        webhooks.test(&bob, id, None).await.unwrap_err(),
        webhooks.deliveries(&bob, id, &DeliveryFilter::default(), &page).await.unwrap_err(),
    ];
    assert!(refusals.iter().all(|error| error.code() == "not-found"), "{refusals:?}");
    assert!(webhooks.list(&bob, &page).await.unwrap().items.is_empty());
    assert_eq!(webhooks.list(&ann, &page).await.unwrap().items[0].id, id);
    world.finish().await;
}

async fn a_change_asks_for_the_version_that_was_read(world: World) {
    let ann = world.operator().await;
    let id = world.webhook(&ann, URL, &["*"]).await.webhook.id;
    let webhooks = world.domain.webhooks();
    let changed = webhooks.update(&ann, id, draft("https://hooks.example/b", &["agent.*"]), Some(1)).await.unwrap();
    assert_eq!((changed.url.as_str(), changed.version, changed.state), ("https://hooks.example/b", 2, State::Active));
    let late = webhooks.update(&ann, id, draft(URL, &["*"]), Some(1)).await.unwrap_err();
    assert_eq!(late.code(), "precondition-failed");
    assert_eq!(webhooks.delete(&ann, id, Some(1)).await.unwrap_err().code(), "precondition-failed");
    webhooks.delete(&ann, id, Some(2)).await.unwrap();
    assert_eq!(webhooks.get(&ann, id).await.unwrap_err().code(), "not-found");
    world.finish().await;
}

async fn a_secret_is_shown_once_and_stored_sealed(world: World) {
    let ann = world.operator().await;
    let claim = domain::idempotency::Claim::new(&ann, "POST", "/v1/webhooks", "a key", &json!({}));
    let first = world.domain.webhooks().create(&ann, draft(URL, &["*"]), Some(&claim)).await.unwrap();
    let secret = first.get().secret.clone().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44, "32 bytes: {}", secret.len());
    let again = world.domain.webhooks().create(&ann, draft(URL, &["*"]), Some(&claim)).await.unwrap();
    assert_eq!((again.get().webhook.id, again.get().secret.as_deref(), again.is_replay()), (first.get().webhook.id, None, true));
    let open = format!(
        "SELECT count(*) FROM webhook_endpoints WHERE secret NOT LIKE 'tk:webhook_secret:v1:%' OR secret LIKE '%{}%'",
        &secret[6..]
    );
    assert_eq!(world.database.count(&open).await, 0);
    assert!(!format!("{first:?}").contains(&secret[6..]));
    world.finish().await;
}

async fn while_a_secret_changes_requests_carry_both_signatures(world: World) {
    let ann = world.operator().await;
    let id = world.webhook(&ann, URL, &["*"]).await.webhook.id;
    let webhooks = world.domain.webhooks();
    let signatures = async || {
        webhooks.test(&ann, id, None).await.unwrap();
        world.run_jobs().await;
        let taken = world.http.taken();
        let (_, signatures) = taken.last().unwrap().headers.iter().find(|(name, _)| *name == "webhook-signature").unwrap();
        signatures.split(' ').filter(|signature| signature.starts_with("v1,")).count()
    };
    assert_eq!(signatures().await, 1);
    let rotated = webhooks.rotate_secret(&ann, id, None, None).await.unwrap().into_inner();
    assert!(rotated.secret.is_some() && rotated.webhook.previous_secret_until == Some(world.domain.now().plus(Duration::from_hours(24))));
    assert_eq!(signatures().await, 2);
    world.clock.advance(Duration::from_hours(24));
    assert_eq!(signatures().await, 1, "a day later only the new one signs");
    webhooks.rotate_secret(&ann, id, Some(Duration::ZERO), None).await.unwrap();
    assert_eq!(signatures().await, 1, "at once, if that was asked for");
    world.finish().await;
}

async fn a_suspended_owner_is_told_nothing(world: World) {
    let ann = world.operator().await;
    world.webhook(&ann, URL, &["*"]).await;
    world.database.execute("UPDATE users SET state = 'suspended'").await;
    run_and_tell(&world, &ann).await;
    assert!(world.http.taken().is_empty());
    assert!(world.jobs_of(JobKind::DeliverWebhook).await.is_empty());
    let runs = world.jobs_of(JobKind::RunAgent).await;
    assert_eq!(world.job(runs[0]).await.state, job::State::Succeeded);
    world.finish().await;
}
