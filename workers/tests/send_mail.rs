//! `send_mail`: one mail, however often it is tried; and what stood in it is gone afterwards.

use std::time::Duration;

use domain::Ports;
use domain::entities::id::{JobId, MailId};
use domain::entities::job;
use domain::mail::{self, Letter};
use jobs::Outcome;
use jobs::kinds::{Job as _, SendMail};
use testkit::{MailReply, World};
use workers::handlers::send_mail;

async fn written(world: &World) -> MailId {
    let letter = Letter::new("test", "Your code", "It is 123456.");
    let txn = world.database.db.write().await.unwrap();
    let to = "ann@mail.example".parse().unwrap();
    let (id, wake) = mail::enqueue(&world.domain, &txn, &to, letter, Some(Duration::from_mins(10))).await.unwrap();
    jobs::commit(txn, wake).await.unwrap();
    id
}

async fn its_job(world: &World) -> job::Model {
    let ids = world.jobs_of(SendMail::KIND).await;
    assert_eq!(ids.len(), 1);
    world.job(ids[0]).await
}

async fn rows(world: &World, state: &str) -> i64 {
    world.database.count(&format!("SELECT count(*) FROM mails WHERE state = '{state}' AND (content IS NULL) = (state <> 'queued')")).await
}

#[tokio::test]
async fn a_mail_is_sent_and_what_stood_in_it_is_erased() {
    let world = World::new().await;
    let id = written(&world).await;
    let readable = "SELECT count(*) FROM mails WHERE content LIKE '%123456%' OR content NOT LIKE 'tk:mail:v1:%'";
    assert_eq!(world.database.count(readable).await, 0, "its content is sealed");
    assert_eq!(world.database.count("SELECT count(*) FROM jobs WHERE payload LIKE '%123456%'").await, 0);
    world.run_jobs().await;
    let taken = world.mailer.taken();
    assert_eq!((taken.len(), taken[0].id, taken[0].to.as_str()), (1, id, "ann@mail.example"));
    assert_eq!((taken[0].subject.as_str(), taken[0].text.as_str()), ("Your code", "It is 123456."));
    assert_eq!((rows(&world, "sent").await, its_job(&world).await.state), (1, job::State::Succeeded));
    world.finish().await;
}

#[tokio::test]
async fn twice_is_once() {
    let world = World::new().await;
    written(&world).await;
    for _ in 0..3 {
        world.run_jobs().await;
        world.repeat_jobs().await;
    }
    world.run_jobs().await;
    assert_eq!((world.mailer.taken().len(), its_job(&world).await.state), (1, job::State::Succeeded));
    world.finish().await;
}

#[tokio::test]
async fn a_mail_whose_sending_broke_at_the_last_moment_goes_out_again_as_the_same_mail() {
    let world = World::new().await;
    world.mailer.next(MailReply::TakesAndBreaks);
    written(&world).await;
    world.run_jobs().await;
    world.skip_waits().await;
    world.run_jobs().await;
    let taken = world.mailer.taken();
    assert_eq!(taken.len(), 2, "at least once");
    assert_eq!(taken[0], taken[1], "under one id, so that a mailbox can tell");
    world.finish().await;
}

#[tokio::test]
async fn a_mail_that_is_rolled_back_never_was() {
    let world = World::new().await;
    let txn = world.database.db.write().await.unwrap();
    let to = "ann@mail.example".parse().unwrap();
    let (_, wake) = mail::enqueue(&world.domain, &txn, &to, Letter::new("test", "a", "b"), None).await.unwrap();
    drop(wake);
    txn.rollback().await.unwrap();
    assert_eq!(world.database.count("SELECT count(*) FROM mails").await + world.database.count("SELECT count(*) FROM jobs").await, 0);
    world.finish().await;
}

#[tokio::test]
async fn a_refused_mail_fails_at_once_and_leaves_nothing_behind() {
    let world = World::new().await;
    world.mailer.next(MailReply::Refuses);
    written(&world).await;
    world.run_jobs().await;
    let job = its_job(&world).await;
    assert_eq!((job.state, job.error_code.as_deref(), job.attempt), (job::State::Failed, Some("refused"), 1));
    assert_eq!(rows(&world, "failed").await, 1);
    world.repeat_jobs().await;
    world.run_jobs().await;
    assert_eq!((world.mailer.taken().len(), its_job(&world).await.state), (0, job::State::Failed), "a retry brings nothing back");
    world.finish().await;
}

#[tokio::test]
async fn a_server_that_says_later_is_asked_again_and_not_for_ever() {
    let world = World::new().await;
    for _ in 0..SendMail::POLICY.failures_max {
        world.mailer.next(MailReply::Defers);
    }
    let id = written(&world).await;
    for n in 1..=SendMail::POLICY.failures_max {
        assert_eq!(rows(&world, "queued").await, 1, "try {n}");
        world.run_jobs().await;
        world.skip_waits().await;
    }
    let job = its_job(&world).await;
    assert_eq!((job.state, job.failures), (job::State::Failed, 12), "{id}");
    assert_eq!(rows(&world, "failed").await, 1);
    world.finish().await;
}

#[tokio::test]
async fn a_server_that_is_away_costs_nothing() {
    let world = World::new().await;
    written(&world).await;
    for _ in 0..20 {
        world.mailer.next(MailReply::Away);
        world.run_jobs().await;
        world.skip_waits().await;
    }
    assert_eq!(its_job(&world).await.failures, 0);
    world.run_jobs().await;
    assert_eq!(world.mailer.taken().len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_code_that_nobody_can_use_any_more_is_not_sent() {
    let world = World::new().await;
    world.mailer.next(MailReply::Away);
    written(&world).await;
    world.run_jobs().await;
    world.clock.advance(Duration::from_mins(11));
    world.skip_waits().await;
    world.run_jobs().await;
    let job = its_job(&world).await;
    assert_eq!((job.state, job.error_code.as_deref()), (job::State::Failed, Some("mail-expired")));
    assert_eq!((world.mailer.taken().len(), rows(&world, "failed").await), (0, 1));
    world.finish().await;
}

#[tokio::test]
async fn a_worker_without_a_mailer_or_without_secrets_leaves_the_mail_to_another() {
    let world = World::new().await;
    written(&world).await;
    let ports = world.domain.ports().clone();
    for ports in [Ports { mailer: None, ..ports.clone() }, Ports { secrets: None, ..ports }] {
        let domain = world.domain_with(ports);
        let outcome = world.one_job_of(SendMail::POLICY.pool, async |delivery| {
            let job = serde_json::from_value(delivery.payload).unwrap();
            send_mail::handle(&domain, job, &delivery.run).await.unwrap_or_else(Outcome::from)
        });
        assert!(matches!(outcome.await, Outcome::Snoozed { .. }));
        world.skip_waits().await;
    }
    world.run_jobs().await;
    assert_eq!(world.mailer.taken().len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_mail_that_is_not_there_fails_its_job() {
    let world = World::new().await;
    let mail_id = MailId::from(uuid::Uuid::from_u128(7));
    let id: JobId = world.enqueue(jobs::NewJob::of(&SendMail { mail_id }).unwrap()).await;
    world.run_jobs().await;
    assert_eq!((world.job(id).await.state, world.job(id).await.error_code.as_deref()), (job::State::Failed, Some("not-found")));
    world.finish().await;
}
