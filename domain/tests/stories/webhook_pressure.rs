//! Webhooks under pressure: one owner among many, endpoints that are slow or silent, jobs that end without their handler, and changes at the same moment.

use std::time::Duration;

use domain::Caller;
use domain::entities::id::WebhookId;
use domain::entities::job;
use domain::paging::PageRequest;
use domain::ports::http_out::HttpAnswer;
use domain::webhooks::{Delivery, DeliveryFilter, DeliveryState, Opened, State, WebhookDraft};
use jobs::kinds::{DeliverWebhook, JobKind, ReconcileWebhooks};
use jobs::store::claim::{Claim, Turn};
use jobs::{NewJob, Outcome, Pool};
use testkit::{HttpReply, World};

use crate::webhooks::{URL, draft, run_and_tell};

crate::on_every_engine!(
    one_owner_leaves_workers_to_the_others,
    what_somebody_asked_for_goes_before_what_waits,
    a_delivery_ends_when_its_job_ended_without_it,
    what_is_on_its_way_to_a_suspended_owner_is_not_sent,
    an_endpoint_that_nothing_reaches_is_disabled_whatever_waits,
    an_endpoint_that_falls_ever_further_behind_is_disabled,
    nobody_is_behind_while_nothing_is_sent,
    a_change_without_a_version_never_loses_a_race,
    deleting_an_endpoint_and_finishing_a_delivery_get_along,
    a_test_of_an_endpoint_that_is_deleted_meanwhile_is_sent_or_finds_none,
    a_replay_at_the_end_of_the_job_before_is_sent,
    failures_that_lie_far_apart_disable_nobody,
);

async fn deliveries(world: &World, owner: &Caller, id: WebhookId) -> Vec<Delivery> {
    let page = world.domain.webhooks().deliveries(owner, id, &DeliveryFilter::default(), &PageRequest::default()).await;
    page.unwrap().items
}

async fn reconcile(world: &World) {
    world.enqueue(NewJob::of(&ReconcileWebhooks {}).unwrap()).await;
    let over = world.one_job_of(Pool::Upkeep, async |delivery| world.handle(delivery).await).await;
    assert!(matches!(over, Outcome::Succeeded(_)), "{over:?}");
}

async fn one_owner_leaves_workers_to_the_others(world: World) {
    let (ann, bob) = (world.operator().await, world.operator().await);
    for number in 0..16 {
        let id = world.webhook(&ann, &format!("https://hooks.example/{number}"), &["*"]).await.webhook.id;
        for _ in 0..3 {
            world.domain.webhooks().test(&ann, id, None).await.unwrap();
        }
    }
    let theirs = world.webhook(&bob, URL, &["*"]).await.webhook.id;
    world.domain.webhooks().test(&bob, theirs, None).await.unwrap();
    let (mut of_ann, mut of_bob) = (0, 0);
    let lanes = u32::from(DeliverWebhook::LANES) * DeliverWebhook::RUNNING_MAX;
    // A pool with more workers than the owner has lanes: they are all asked for, and those of the others come through.
    let (mut turn, db) = (Turn::default(), &world.database.db);
    let claim = Claim { pool: Pool::Notify, worker: "a worker", lease_ms: 60_000, jobs_max: 32 };
    for _ in 0..8 {
        for claimed in turn.claim(db, &claim).await.unwrap() {
            let job: DeliverWebhook = serde_json::from_value(claimed.payload).unwrap();
            if job.owner_id == Some(ann.user_id) { of_ann += 1 } else { of_bob += 1 }
        }
    }
    assert!(of_ann > 0 && of_ann <= lanes, "{of_ann} of {lanes}");
    assert_eq!(of_bob, 1);
    world.shut_down().await;
}

async fn what_somebody_asked_for_goes_before_what_waits(world: World) {
    let ann = world.operator().await;
    let id = world.webhook(&ann, URL, &["execution.*"]).await.webhook.id;
    let agent = world.agent(&ann).await;
    for _ in 0..3 {
        world.run_agent(&ann, agent.row.id, serde_json::json!({ "text": "a" })).await;
    }
    while domain::events::sequence(&world.domain, 100).await.unwrap() > 0 {}
    let asked = world.domain.webhooks().test(&ann, id, None).await.unwrap().into_inner();
    let first = world.one_job_of(Pool::Notify, async |delivery| {
        assert_eq!(delivery.run.job_id(), asked);
        world.handle(delivery).await
    });
    first.await;
    let waiting = deliveries(&world, &ann, id).await.into_iter().find(|delivery| delivery.row.state == DeliveryState::Queued).unwrap();
    let again = world.domain.webhooks().replay(&ann, id, waiting.row.id, None).await.unwrap().into_inner();
    assert!(world.job(again).await.priority > world.job(waiting.row.job_id).await.priority);
    world.run_jobs().await;
    world.finish().await;
}

async fn a_delivery_ends_when_its_job_ended_without_it(world: World) {
    let ann = world.operator().await;
    let id = world.webhook(&ann, URL, &["*"]).await.webhook.id;
    for (state, says) in [("cancelled", "an operator cancelled it"), ("quarantined", "reason of ours"), ("failed", "reason of ours")] {
        let job = world.domain.webhooks().test(&ann, id, None).await.unwrap().into_inner();
        reconcile(&world).await;
        assert_eq!(deliveries(&world, &ann, id).await[0].row.state, DeliveryState::Queued, "it still waits");
        world
            .database
            .execute(&format!("UPDATE jobs SET state = '{state}', finished_at = 1 WHERE kind = 'deliver_webhook' AND state = 'queued'"))
            .await;
        reconcile(&world).await;
        let delivery = deliveries(&world, &ann, id).await.remove(0);
        assert_eq!((delivery.row.state, delivery.row.next_at), (DeliveryState::Failed, None), "{state}");
        assert!(delivery.row.error.as_deref().unwrap().contains(says) && delivery.row.finished_at.is_some(), "{delivery:?}");
        assert_eq!(delivery.row.job_id, job);
        world.domain.webhooks().replay(&ann, id, delivery.row.id, None).await.unwrap();
        world.run_jobs().await;
        assert_eq!(deliveries(&world, &ann, id).await[0].row.state, DeliveryState::Delivered);
    }
    world.finish().await;
}

async fn what_is_on_its_way_to_a_suspended_owner_is_not_sent(world: World) {
    let ann = world.operator().await;
    let id = world.webhook(&ann, URL, &["*"]).await.webhook.id;
    world.domain.webhooks().test(&ann, id, None).await.unwrap();
    world.database.execute("UPDATE users SET state = 'suspended'").await;
    world.run_jobs().await;
    assert!(world.http.taken().is_empty());
    let delivery = deliveries(&world, &ann, id).await.remove(0);
    assert_eq!((delivery.row.state, delivery.row.error.as_deref()), (DeliveryState::Failed, Some("its owner is suspended")));
    world.finish().await;
}

async fn an_endpoint_that_nothing_reaches_is_disabled_whatever_waits(world: World) {
    world.http.always(URL, HttpReply::Away);
    let ann = world.operator().await;
    world.database.execute("UPDATE users SET email = 'ann@mail.example'").await;
    let id = world.webhook(&ann, URL, &["execution.succeeded"]).await.webhook.id;
    let is_active = async || world.domain.webhooks().get(&ann, id).await.unwrap().state == State::Active;
    // Every day something new comes, and nothing gets as far as its last try.
    for day in 0..4 {
        assert!(is_active().await, "day {day}");
        run_and_tell(&world, &ann).await;
        world.clock.advance(Duration::from_hours(24));
    }
    run_and_tell(&world, &ann).await;
    assert!(!is_active().await);
    let because = world.domain.webhooks().get(&ann, id).await.unwrap().disabled_because.unwrap();
    assert_eq!(because, "nothing has reached it for 96 hours");
    assert_eq!(world.mailer.taken().len(), 1, "its owner is told");
    world.skip_waits().await;
    world.run_jobs().await;
    assert!(deliveries(&world, &ann, id).await.iter().all(|delivery| delivery.row.state == DeliveryState::Failed));
    world.finish().await;
}

/// A webhook with a delivery that nobody has come to yet, and a worker that sends.
async fn waiting(world: &World) -> (Caller, WebhookId) {
    let ann = world.operator().await;
    let id = world.webhook(&ann, URL, &["*"]).await.webhook.id;
    world.domain.webhooks().test(&ann, id, None).await.unwrap();
    let now = world.database.db.engine().now_sql();
    let signs = format!(
        "INSERT INTO workers (id, pool, host, pid, version, state, concurrency, busy, started_at, heartbeat_at)
         VALUES ('sender', 'notify', 'here', 1, '1', 'running', 32, 2, {now}, {now})"
    );
    world.database.execute(&signs).await;
    (ann, id)
}

/// Its own requests have taken up half of its lane's time in the hour before now.
async fn kept_busy(world: &World) {
    let requests = format!(
        "INSERT INTO webhook_attempts (delivery_id, number, at, latency_ms)
         SELECT d.id, (SELECT coalesce(max(a.number), 100) + 1 FROM webhook_attempts a WHERE a.delivery_id = d.id), {}, 3600000
         FROM webhook_deliveries d",
        world.domain.now().micros()
    );
    world.database.execute(&requests).await;
}

async fn an_endpoint_that_falls_ever_further_behind_is_disabled(world: World) {
    let (ann, id) = waiting(&world).await;
    let behind_since = async || world.database.count("SELECT coalesce(max(behind_since), 0) FROM webhook_endpoints").await;
    reconcile(&world).await;
    assert_eq!(behind_since().await, 0, "an hour is no wait");
    world.clock.advance(Duration::from_hours(2));
    reconcile(&world).await;
    assert_eq!(behind_since().await, 0, "it was never asked: others were in its lane, or we were slow");
    kept_busy(&world).await;
    reconcile(&world).await;
    let since = behind_since().await;
    assert_eq!(since, world.domain.now().micros());
    world.clock.advance(Duration::from_hours(23));
    kept_busy(&world).await;
    reconcile(&world).await;
    assert_eq!((behind_since().await, world.domain.webhooks().get(&ann, id).await.unwrap().state), (since, State::Active));
    world.clock.advance(Duration::from_hours(1));
    kept_busy(&world).await;
    reconcile(&world).await;
    let webhook = world.domain.webhooks().get(&ann, id).await.unwrap();
    assert!(webhook.state == State::Disabled && webhook.disabled_because.unwrap().contains("more slowly than they come"));
    let active = WebhookDraft { state: Some(State::Active), ..draft(URL, &["*"]) };
    world.domain.webhooks().update(&ann, id, active, None).await.unwrap();
    assert_eq!(behind_since().await, 0, "who makes it active again begins anew");
    world.run_jobs().await;
    world.finish().await;
}

async fn nobody_is_behind_while_nothing_is_sent(world: World) {
    waiting(&world).await;
    let behind = async || world.database.count("SELECT count(*) FROM webhook_endpoints WHERE behind_since IS NOT NULL").await;
    world.clock.advance(Duration::from_hours(2));
    kept_busy(&world).await;
    reconcile(&world).await;
    assert_eq!(behind().await, 1);
    world.database.execute("UPDATE workers SET heartbeat_at = 1 WHERE id = 'sender'").await;
    reconcile(&world).await;
    assert_eq!(behind().await, 0, "no worker is there");
    world.run_jobs().await;
    world.finish().await;
}

async fn a_change_without_a_version_never_loses_a_race(world: World) {
    let ann = world.operator().await;
    let id = world.webhook(&ann, URL, &["*"]).await.webhook.id;
    let webhooks = world.domain.webhooks();
    for _ in 0..5 {
        let all = futures::future::join_all((0..8).map(|_| webhooks.update(&ann, id, draft(URL, &["*"]), None))).await;
        assert!(all.iter().all(Result::is_ok), "{all:?}");
    }
    assert_eq!(webhooks.get(&ann, id).await.unwrap().version, 41, "each of them counted");
    let (changed, deleted) = tokio::join!(webhooks.update(&ann, id, draft(URL, &["*"]), None), webhooks.delete(&ann, id, None));
    assert!(deleted.is_ok(), "{deleted:?}");
    assert!(changed.is_ok() || domain::Fault::code(&changed.unwrap_err()) == "not-found");
    world.finish().await;
}

async fn deleting_an_endpoint_and_finishing_a_delivery_get_along(world: World) {
    let ann = world.operator().await;
    for _ in 0..20 {
        let id = world.webhook(&ann, URL, &["*"]).await.webhook.id;
        for _ in 0..3 {
            world.domain.webhooks().test(&ann, id, None).await.unwrap();
        }
        let webhooks = world.domain.webhooks();
        let end = world.one_job_of(Pool::Notify, async |delivery| {
            let job: DeliverWebhook = serde_json::from_value(delivery.payload).unwrap();
            let Opened::Send(sent) = webhooks.open(job.delivery_id, &delivery.run).await.unwrap() else { panic!("it is to be sent") };
            // What is written down of this one touches the endpoint, too.
            let gone = HttpAnswer { status: 410, headers: Vec::new(), body: Vec::new(), is_whole: true };
            let tried = webhooks.tried(*sent, Ok(gone), Duration::ZERO, &delivery.run);
            let (tried, deleted) = tokio::join!(tried, webhooks.delete(&ann, id, None));
            assert!(tried.is_ok() && deleted.is_ok(), "{tried:?}, {deleted:?}");
            Outcome::Settled
        });
        end.await;
        world.run_jobs().await;
    }
    assert_eq!(world.database.count("SELECT count(*) FROM webhook_deliveries").await, 0);
    for id in world.jobs_of(JobKind::DeliverWebhook).await {
        assert!(matches!(world.job(id).await.state, job::State::Succeeded | job::State::Failed));
    }
    world.finish().await;
}

async fn a_test_of_an_endpoint_that_is_deleted_meanwhile_is_sent_or_finds_none(world: World) {
    let (ann, webhooks) = (world.operator().await, world.domain.webhooks());
    for _ in 0..20 {
        let id = world.webhook(&ann, URL, &["*"]).await.webhook.id;
        let (asked, deleted) = tokio::join!(webhooks.test(&ann, id, None), webhooks.delete(&ann, id, None));
        assert!(deleted.is_ok(), "{deleted:?}");
        assert!(asked.is_ok() || domain::Fault::code(&asked.unwrap_err()) == "not-found");
        world.run_jobs().await;
    }
    world.finish().await;
}

async fn a_replay_at_the_end_of_the_job_before_is_sent(world: World) {
    let (ann, webhooks) = (world.operator().await, world.domain.webhooks());
    let id = world.webhook(&ann, URL, &["*"]).await.webhook.id;
    for _ in 0..20 {
        webhooks.test(&ann, id, None).await.unwrap();
        let cancelled = "UPDATE jobs SET state = 'cancelled', finished_at = 1 WHERE kind = 'deliver_webhook' AND state = 'queued'";
        world.database.execute(cancelled).await;
        let delivery = deliveries(&world, &ann, id).await.remove(0).row.id;
        let (replayed, reconciled) = tokio::join!(webhooks.replay(&ann, id, delivery, None), webhooks.reconcile(None, 100));
        assert!(replayed.is_ok() && reconciled.is_ok(), "{replayed:?}, {reconciled:?}");
        world.run_jobs().await;
        assert_eq!(deliveries(&world, &ann, id).await[0].row.state, DeliveryState::Delivered);
    }
    world.finish().await;
}

async fn failures_that_lie_far_apart_disable_nobody(world: World) {
    let ann = world.operator().await;
    let id = world.webhook(&ann, URL, &["execution.succeeded"]).await.webhook.id;
    world.http.always(URL, HttpReply::Away);
    for _ in 0..3 {
        run_and_tell(&world, &ann).await;
        let webhook = world.domain.webhooks().get(&ann, id).await.unwrap();
        assert_eq!((webhook.state, webhook.failing_since), (State::Active, Some(world.domain.now())));
        world.clock.advance(Duration::from_hours(30 * 24));
    }
    world.http.always(URL, HttpReply::Answers(200, String::new()));
    world.skip_waits().await;
    world.run_jobs().await;
    assert_eq!(world.domain.webhooks().get(&ann, id).await.unwrap().failing_since, None);
    world.finish().await;
}
