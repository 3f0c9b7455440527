//! Deliveries: tried by their schedule, under one id, until somebody takes them or nobody wants them.

use std::time::Duration;

use domain::Caller;
use domain::entities::id::WebhookId;
use domain::entities::job;
use domain::paging::PageRequest;
use domain::webhooks::{Delivery, DeliveryFilter, DeliveryState, RETRY_AFTER, State, WebhookDraft, prune};
use jobs::kinds::JobKind;
use testkit::{HttpReply, World};

use crate::webhooks::{URL, draft, run_and_tell, tell};

crate::on_every_engine!(
    a_receiver_that_fails_is_asked_again_under_the_same_id,
    the_pauses_are_those_of_the_schedule,
    a_schedule_that_is_used_up_disables_the_webhook_and_tells_its_owner,
    a_webhook_that_something_reaches_stays_active,
    gone_is_gone_at_once,
    a_disabled_webhook_gets_tests_only_until_it_is_active_again,
    a_replay_is_sent_at_once_and_keeps_its_id,
    a_test_is_sent_once_and_is_no_sign_of_illness,
    what_leads_into_the_house_is_never_reached,
    what_is_on_its_way_to_a_deleted_webhook_is_not_sent,
    deliveries_are_listed_by_state_and_event,
    old_deliveries_are_forgotten,
);

async fn deliveries(world: &World, owner: &Caller, id: WebhookId) -> Vec<Delivery> {
    let page = world.domain.webhooks().deliveries(owner, id, &DeliveryFilter::default(), &PageRequest::default()).await;
    page.unwrap().items
}

async fn is_active(world: &World, owner: &Caller, id: WebhookId) -> bool {
    world.domain.webhooks().get(owner, id).await.unwrap().state == State::Active
}

/// A webhook that wants the ends of runs, and a run that has ended.
async fn told(world: &World) -> (Caller, WebhookId) {
    let ann = world.operator().await;
    let id = world.webhook(&ann, URL, &["execution.succeeded"]).await.webhook.id;
    run_and_tell(world, &ann).await;
    (ann, id)
}

async fn try_again(world: &World) {
    world.clock.advance(Duration::from_mins(30));
    world.skip_waits().await;
    world.run_jobs().await;
}

async fn a_receiver_that_fails_is_asked_again_under_the_same_id(world: World) {
    for reply in [HttpReply::Answers(500, "our\0 fault".into()), HttpReply::TakesAndBreaks, HttpReply::Answers(302, String::new())] {
        world.http.next(reply);
    }
    let (ann, id) = told(&world).await;
    for state in [DeliveryState::Queued, DeliveryState::Queued, DeliveryState::Queued, DeliveryState::Delivered] {
        assert_eq!(deliveries(&world, &ann, id).await[0].row.state, state);
        try_again(&world).await;
    }
    let delivery = deliveries(&world, &ann, id).await.remove(0);
    let statuses: Vec<_> = delivery.attempts.iter().map(|attempt| attempt.status).collect();
    assert_eq!(statuses, [Some(500), None, Some(302), Some(200)]);
    assert_eq!(delivery.attempts[0].answer.as_deref(), Some("our\u{fffd} fault"));
    assert!(delivery.attempts[1].error.as_deref().unwrap().contains("as the story says"));
    let taken = world.http.taken();
    assert_eq!(taken.len(), 4);
    for request in &taken {
        let header = |name: &str| request.headers.iter().find(|(named, _)| *named == name).map(|(_, value)| value.clone()).unwrap();
        assert_eq!((header("webhook-id"), &request.body), (delivery.row.event_id.to_string(), &taken[0].body));
    }
    assert_ne!(taken[0].headers, taken[3].headers, "the time is that of the request");
    assert_eq!(world.domain.webhooks().get(&ann, id).await.unwrap().failing_since, None);
    world.finish().await;
}

async fn the_pauses_are_those_of_the_schedule(world: World) {
    world.http.always(URL, HttpReply::Away);
    let (ann, id) = told(&world).await;
    let job = world.jobs_of(JobKind::DeliverWebhook).await[0];
    for pause in RETRY_AFTER {
        let wait = world.wait_of(job).await;
        let slack = Duration::from_secs(20);
        assert!(wait + slack >= pause && wait <= pause + pause / 10 + slack, "{wait:?} for {pause:?}");
        try_again(&world).await;
    }
    let row = world.job(job).await;
    assert_eq!((row.state, row.error_code.as_deref()), (job::State::Failed, Some("webhook-undelivered")));
    let delivery = deliveries(&world, &ann, id).await.remove(0);
    assert_eq!((delivery.row.state, delivery.attempts.len()), (DeliveryState::Failed, 10));
    world.finish().await;
}

async fn a_schedule_that_is_used_up_disables_the_webhook_and_tells_its_owner(world: World) {
    world.http.always(URL, HttpReply::Answers(503, String::new()));
    let ann = world.operator().await;
    world.database.execute("UPDATE users SET email = 'ann@mail.example'").await;
    let id = world.webhook(&ann, URL, &["execution.succeeded"]).await.webhook.id;
    world.webhook(&ann, "https://watch.example/", &["webhook.disabled"]).await;
    run_and_tell(&world, &ann).await;
    for _ in RETRY_AFTER {
        assert!(is_active(&world, &ann, id).await);
        try_again(&world).await;
    }
    let webhook = world.domain.webhooks().get(&ann, id).await.unwrap();
    assert_eq!((webhook.state, webhook.version), (State::Disabled, 2));
    assert!(webhook.disabled_because.unwrap().contains("used up"));
    let mails = world.mailer.taken();
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, "ann@mail.example"));
    assert!(mails[0].subject.contains("hooks.example") && mails[0].text.contains(&id.to_string()) && !mails[0].text.contains("/tallyman"));
    tell(&world).await;
    let taken = world.http.taken();
    let last = taken.last().unwrap();
    assert!(last.url == "https://watch.example/" && String::from_utf8_lossy(&last.body).contains("webhook.disabled"));
    let before = taken.len();
    run_and_tell(&world, &ann).await;
    assert_eq!(world.http.taken().len(), before, "nothing more is sent");
    world.finish().await;
}

async fn a_webhook_that_something_reaches_stays_active(world: World) {
    for _ in 0..9 {
        world.http.next(HttpReply::Answers(500, String::new()));
    }
    let (ann, id) = told(&world).await;
    for _ in 1..9 {
        try_again(&world).await;
    }
    world.clock.advance(Duration::from_mins(1));
    run_and_tell(&world, &ann).await;
    world.clock.advance(Duration::from_mins(1));
    world.http.next(HttpReply::Answers(500, String::new()));
    try_again(&world).await;
    let states: Vec<_> = deliveries(&world, &ann, id).await.into_iter().map(|delivery| delivery.row.state).collect();
    assert_eq!(states, [DeliveryState::Delivered, DeliveryState::Failed]);
    assert!(is_active(&world, &ann, id).await);
    world.finish().await;
}

async fn gone_is_gone_at_once(world: World) {
    world.http.next(HttpReply::Answers(410, String::new()));
    let (ann, id) = told(&world).await;
    let webhook = world.domain.webhooks().get(&ann, id).await.unwrap();
    assert!(webhook.state == State::Disabled && webhook.disabled_because.unwrap().contains("410"));
    assert_eq!(deliveries(&world, &ann, id).await[0].row.state, DeliveryState::Failed);
    world.finish().await;
}

async fn a_disabled_webhook_gets_tests_only_until_it_is_active_again(world: World) {
    world.http.next(HttpReply::Away);
    let (ann, id) = told(&world).await;
    let set = |state| WebhookDraft { state: Some(state), ..draft(URL, &["execution.succeeded"]) };
    let webhooks = world.domain.webhooks();
    webhooks.update(&ann, id, set(State::Disabled), None).await.unwrap();
    try_again(&world).await;
    let waiting = deliveries(&world, &ann, id).await.remove(0);
    assert_eq!((waiting.row.state, waiting.row.error.as_deref()), (DeliveryState::Failed, Some("the webhook is disabled")));
    run_and_tell(&world, &ann).await;
    assert!(world.http.taken().is_empty());
    assert_eq!(domain::Fault::code(&webhooks.replay(&ann, id, waiting.row.id, None).await.unwrap_err()), "webhook-disabled");
    webhooks.test(&ann, id, None).await.unwrap();
    world.run_jobs().await;
    assert_eq!(world.http.taken().len(), 1);
    let active = webhooks.update(&ann, id, set(State::Active), None).await.unwrap();
    assert_eq!((active.state, active.disabled_because, active.failing_since), (State::Active, None, None));
    webhooks.replay(&ann, id, waiting.row.id, None).await.unwrap();
    world.run_jobs().await;
    assert_eq!(world.http.taken().len(), 2);
    world.finish().await;
}

async fn a_replay_is_sent_at_once_and_keeps_its_id(world: World) {
    world.http.next(HttpReply::Away);
    let (ann, id) = told(&world).await;
    let waiting = deliveries(&world, &ann, id).await.remove(0);
    for _ in 0..2 {
        world.domain.webhooks().replay(&ann, id, waiting.row.id, None).await.unwrap();
        world.run_jobs().await;
    }
    try_again(&world).await;
    let delivery = deliveries(&world, &ann, id).await.remove(0);
    assert_eq!((delivery.row.state, delivery.attempts.len(), delivery.row.tries), (DeliveryState::Delivered, 3, 1));
    let ids: Vec<_> = world.http.taken().into_iter().map(|request| request.headers[1].1.clone()).collect();
    assert_eq!(ids, vec![delivery.row.event_id.to_string(); 2], "the job of the first schedule sends it no more");
    world.finish().await;
}

async fn a_test_is_sent_once_and_is_no_sign_of_illness(world: World) {
    let ann = world.operator().await;
    let id = world.webhook(&ann, URL, &["execution.succeeded"]).await.webhook.id;
    world.http.next(HttpReply::Answers(500, "no".into()));
    let job = world.domain.webhooks().test(&ann, id, None).await.unwrap().into_inner();
    world.run_jobs().await;
    let row = world.job(job).await;
    assert_eq!((row.state, row.last_error.as_deref()), (job::State::Failed, Some("the receiver answered 500")));
    let webhook = world.domain.webhooks().get(&ann, id).await.unwrap();
    assert_eq!((webhook.state, webhook.failing_since), (State::Active, None));
    assert!(String::from_utf8_lossy(&world.http.taken()[0].body).contains("webhook.test"));
    world.finish().await;
}

async fn what_leads_into_the_house_is_never_reached(world: World) {
    world.http.always(URL, HttpReply::LeadsHome);
    let (ann, id) = told(&world).await;
    let delivery = deliveries(&world, &ann, id).await.remove(0);
    assert!(delivery.attempts[0].error.as_deref().unwrap().contains("not public"));
    assert!(world.http.taken().is_empty());
    world.domain.webhooks().delete(&ann, id, None).await.unwrap();
    try_again(&world).await;
    world.finish().await;
}

async fn what_is_on_its_way_to_a_deleted_webhook_is_not_sent(world: World) {
    world.http.next(HttpReply::Away);
    let (ann, id) = told(&world).await;
    world.domain.webhooks().delete(&ann, id, None).await.unwrap();
    try_again(&world).await;
    assert!(world.http.taken().is_empty());
    let job = world.jobs_of(JobKind::DeliverWebhook).await[0];
    assert_eq!(world.job(job).await.state, job::State::Succeeded);
    for table in ["webhook_deliveries", "webhook_attempts"] {
        assert_eq!(world.database.count(&format!("SELECT count(*) FROM {table}")).await, 0);
    }
    world.finish().await;
}

async fn deliveries_are_listed_by_state_and_event(world: World) {
    let (ann, id) = told(&world).await;
    world.http.next(HttpReply::Answers(500, String::new()));
    let webhooks = world.domain.webhooks();
    webhooks.test(&ann, id, None).await.unwrap();
    world.run_jobs().await;
    let listed = async |filter: DeliveryFilter| {
        let page = webhooks.deliveries(&ann, id, &filter, &PageRequest::default()).await.unwrap();
        page.items.into_iter().map(|delivery| delivery.row.event).collect::<Vec<_>>()
    };
    assert_eq!(listed(DeliveryFilter::default()).await, ["webhook.test", "execution.succeeded"]);
    assert_eq!(listed(DeliveryFilter { state: Some(DeliveryState::Failed), event: None }).await, ["webhook.test"]);
    assert_eq!(listed(DeliveryFilter { state: None, event: Some("execution.succeeded".into()) }).await, ["execution.succeeded"]);
    let first = webhooks.deliveries(&ann, id, &DeliveryFilter::default(), &PageRequest { size: Some(1), token: None }).await.unwrap();
    let next = PageRequest { size: Some(1), token: first.next_page_token };
    let second = webhooks.deliveries(&ann, id, &DeliveryFilter::default(), &next).await.unwrap();
    assert_eq!((second.items[0].row.event.as_str(), second.items[0].attempts.len()), ("execution.succeeded", 1));
    world.finish().await;
}

async fn old_deliveries_are_forgotten(world: World) {
    let (ann, id) = told(&world).await;
    assert_eq!(prune(&world.domain, 10).await.unwrap(), 0);
    world.database.execute("UPDATE webhook_deliveries SET created_at = created_at - 31 * 86400000000").await;
    assert_eq!(prune(&world.domain, 10).await.unwrap(), 1);
    assert!(deliveries(&world, &ann, id).await.is_empty());
    assert_eq!(world.database.count("SELECT count(*) FROM webhook_attempts").await, 0);
    world.finish().await;
}
