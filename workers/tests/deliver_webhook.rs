//! `deliver_webhook`: one request, however often its job runs; and nothing is lost when something is away.

use domain::entities::id::{DeliveryId, JobId, WebhookId};
use domain::entities::job;
use domain::{Caller, Ports};
use jobs::kinds::{DeliverWebhook, Job as _};
use jobs::{NewJob, Outcome};
use testkit::{HttpReply, World};
use workers::handlers::deliver_webhook;

async fn asked(world: &World) -> (Caller, WebhookId, JobId) {
    let ann = world.operator().await;
    let id = world.webhook(&ann, "https://hooks.example/", &["*"]).await.webhook.id;
    let job = world.domain.webhooks().test(&ann, id, None).await.unwrap().into_inner();
    (ann, id, job)
}

#[tokio::test]
async fn twice_is_once() {
    let world = World::new().await;
    let (.., job) = asked(&world).await;
    world.run_jobs().await;
    world.repeat_jobs().await;
    world.run_jobs().await;
    assert_eq!((world.http.taken().len(), world.job(job).await.state), (1, job::State::Succeeded));
    world.finish().await;
}

#[tokio::test]
async fn what_has_failed_stays_failed_until_somebody_asks_for_a_replay() {
    let world = World::new().await;
    world.http.next(HttpReply::Away);
    let (.., job) = asked(&world).await;
    world.run_jobs().await;
    world.repeat_jobs().await;
    world.run_jobs().await;
    assert_eq!((world.http.taken().len(), world.job(job).await.state), (0, job::State::Failed));
    world.finish().await;
}

#[tokio::test]
async fn requests_to_one_endpoint_leave_workers_to_the_others() {
    let world = World::new().await;
    let (ann, id, job) = asked(&world).await;
    let row = world.job(job).await;
    let delivery_id = DeliveryId::from(uuid::Uuid::nil());
    let bound = DeliverWebhook { endpoint_id: id, delivery_id, owner_id: Some(ann.user_id) }.concurrency().unwrap();
    assert_eq!((row.concurrency_key, bound.running_max), (Some(bound.key), Some(2)));
    let lane = |endpoint_id| DeliverWebhook { endpoint_id, delivery_id, owner_id: None }.concurrency().unwrap().key;
    assert_eq!(lane(id), lane(WebhookId::from(uuid::Uuid::nil())), "jobs that name no owner share one lane, whatever they are for");
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn a_worker_without_a_way_out_or_without_secrets_leaves_the_delivery_to_another() {
    let world = World::new().await;
    asked(&world).await;
    let ports = world.domain.ports().clone();
    for ports in [Ports { http_out: None, ..ports.clone() }, Ports { secrets: None, ..ports }] {
        let domain = world.domain_with(ports);
        let outcome = world.one_job_of(DeliverWebhook::POLICY.pool, async |delivery| {
            let job = serde_json::from_value(delivery.payload).unwrap();
            deliver_webhook::handle(&domain, job, &delivery.run).await.unwrap_or_else(Outcome::from)
        });
        assert!(matches!(outcome.await, Outcome::Snoozed { .. }));
        world.skip_waits().await;
    }
    world.run_jobs().await;
    assert_eq!(world.http.taken().len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_delivery_that_is_not_there_is_skipped() {
    let world = World::new().await;
    let nobody = uuid::Uuid::from_u128(7);
    let job = DeliverWebhook { endpoint_id: nobody.into(), delivery_id: nobody.into(), owner_id: None };
    let id = world.enqueue(NewJob::of(&job).unwrap()).await;
    world.run_jobs().await;
    assert_eq!(world.job(id).await.state, job::State::Succeeded);
    world.finish().await;
}
