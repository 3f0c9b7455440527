//! What runs beside the handlers, delivery by delivery: nothing claimed is forgotten, nothing lost is kept.

use std::time::Duration;

use entities::job::State;
use jobs::store::lease::reclaim;
use jobs::{JobError, Outcome, Settings, SettleError, Settled};
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use testkit::until;

use crate::rig::{POOL, Rig, job, settings};

crate::on_every_engine!(
    an_effect_of_a_lost_lease_is_rolled_back,
    an_effect_and_its_end_are_one_commit,
    a_handler_that_settles_slowly_costs_nobody_the_lease,
    a_nul_in_a_result_spoils_nothing,
    what_waits_for_its_handler_is_renewed,
    what_was_claimed_and_not_started_goes_back_at_once,
    a_process_that_claims_its_own_lost_job_ends_the_first_attempt,
    a_panic_is_a_failure_and_not_a_release,
);

async fn effects(rig: &Rig) -> i64 {
    rig.database.count("SELECT count(*) FROM installation").await
}

const EFFECT: &str = "INSERT INTO installation (id, created_at) VALUES ('effect', 1)";

async fn an_effect_of_a_lost_lease_is_rolled_back(rig: Rig) {
    let process = rig.process("a").await;
    let mut engine = process.node.work_for(POOL, 1);
    let id = rig.enqueue_one(job()).await;
    let (delivery, ticket) = engine.deliveries.recv().await.expect("the job");
    rig.database.execute("UPDATE jobs SET attempt = attempt + 1").await;
    let txn = rig.db().write().await.expect("a transaction");
    txn.execute_unprepared(EFFECT).await.expect("the effect");
    let settled = delivery.run.settle_in(&txn, Settled::Succeeded(json!("late"))).await;
    assert!(matches!(settled, Err(SettleError::LostLease(lost)) if lost.attempt == 1), "{settled:?}");
    txn.rollback().await.expect("the rollback");
    ticket.finish(Outcome::Settled);
    drop(ticket);
    let row = rig.row(id).await;
    assert_eq!((row.state, row.attempt, row.result, effects(&rig).await), (State::Running, 2, None, 0));
    process.shut_down().await;
}

async fn an_effect_and_its_end_are_one_commit(rig: Rig) {
    let process = rig.process("a").await;
    let mut engine = process.node.work_for(POOL, 1);
    let id = rig.enqueue_one(job()).await;
    let (delivery, ticket) = engine.deliveries.recv().await.expect("the job");
    let txn = rig.db().write().await.expect("a transaction");
    txn.execute_unprepared(EFFECT).await.expect("the effect");
    delivery.run.settle_in(&txn, Settled::Succeeded(json!({ "text": "a\0b" }))).await.expect("the lease is held");
    txn.commit().await.expect("the commit");
    ticket.finish(Outcome::Settled);
    drop(ticket);
    let row = rig.row(id).await;
    assert_eq!((row.state, row.result, effects(&rig).await), (State::Succeeded, Some(json!({ "text": "a\u{fffd}b" })), 1));
    process.shut_down().await;
}

async fn a_handler_that_settles_slowly_costs_nobody_the_lease(rig: Rig) {
    if rig.database.kind == testkit::Kind::Sqlite {
        return; // It has one writer, and whoever holds its transaction open holds up everybody.
    }
    let process = rig.process("a").await;
    let mut engine = process.node.work_for(POOL, 2);
    rig.enqueue(vec![job(); 2]).await;
    let (slow, slow_ticket) = engine.deliveries.recv().await.expect("a job");
    let (other, other_ticket) = engine.deliveries.recv().await.expect("a job");
    let txn = rig.db().write().await.expect("a transaction");
    slow.run.settle_in(&txn, Settled::Succeeded(json!(1))).await.expect("the lease is held");
    let first = rig.row(other.run.job_id()).await.lease_until.expect("it is leased");
    until("the other is renewed past two leases", async || {
        rig.row(other.run.job_id()).await.lease_until.is_some_and(|until| until.since(first) > Duration::from_secs(4))
    })
    .await;
    txn.commit().await.expect("the commit");
    assert!(!other.run.cancel().is_cancelled());
    slow_ticket.finish(Outcome::Settled);
    other_ticket.finish(Outcome::Succeeded(json!(2)));
    until("both succeed", async || rig.database.count("SELECT count(*) FROM jobs WHERE state = 'succeeded' AND attempt = 1").await == 2)
        .await;
    drop((slow_ticket, other_ticket));
    process.shut_down().await;
}

async fn a_nul_in_a_result_spoils_nothing(rig: Rig) {
    let process = rig.process("a").await;
    let mut engine = process.node.work_for(POOL, 3);
    rig.enqueue(vec![job(); 3]).await;
    for outcome in [
        Outcome::Succeeded(json!({ "a\0": ["b\0"] })),
        Outcome::Failed(JobError::new("no\0pe", "it \0 failed")),
        Outcome::Succeeded(json!("fine")),
    ] {
        let (delivery, ticket) = engine.deliveries.recv().await.expect("a job");
        delivery.run.log("a line with a \0 in it");
        delivery.run.progress(json!({ "at": "\0" }));
        ticket.finish(outcome);
    }
    until("all have ended", async || rig.database.count("SELECT count(*) FROM jobs WHERE finished_at IS NOT NULL").await == 3).await;
    until("their lines are there", async || rig.database.count("SELECT count(*) FROM job_attempts WHERE log IS NOT NULL").await == 3).await;
    process.shut_down().await;
}

async fn what_waits_for_its_handler_is_renewed(rig: Rig) {
    let process = rig.process("a").await;
    let mut engine = process.node.work_for(POOL, 5);
    let ids: Vec<_> = rig.enqueue(vec![job(); 5]).await.into_iter().map(|job| job.id).collect();
    until("all are claimed", async || rig.database.count("SELECT count(*) FROM jobs WHERE state = 'running'").await == 5).await;
    // Two leases long nobody takes them, as when a worker is busy with something else.
    for id in &ids {
        let first = rig.row(*id).await.lease_until.expect("it is leased");
        until("the lease is renewed", async || {
            rig.row(*id).await.lease_until.is_some_and(|until| until.since(first) > Duration::from_secs(4))
        })
        .await;
    }
    for _ in 0..5 {
        let (delivery, ticket) = engine.deliveries.recv().await.expect("a job");
        assert_eq!(delivery.run.attempt(), 1);
        ticket.finish(Outcome::Succeeded(json!(1)));
    }
    until("all succeed", async || rig.database.count("SELECT count(*) FROM jobs WHERE state = 'succeeded' AND attempt = 1").await == 5)
        .await;
    process.shut_down().await;
}

async fn what_was_claimed_and_not_started_goes_back_at_once(rig: Rig) {
    let process = rig.process_with("a", Settings { lease_seconds: 3_600, ..settings() }).await;
    let engine = process.node.work_for(POOL, 5);
    rig.enqueue(vec![job(); 5]).await;
    until("all are claimed", async || rig.database.count("SELECT count(*) FROM jobs WHERE state = 'running'").await == 5).await;
    process.tasks.stop().cancel();
    drop(engine.deliveries);
    engine.done.await.expect("every end is written");
    process.shut_down().await;
    assert_eq!(rig.database.count("SELECT count(*) FROM jobs WHERE state = 'queued' AND deaths = 0 AND failures = 0").await, 5);
}

async fn a_process_that_claims_its_own_lost_job_ends_the_first_attempt(rig: Rig) {
    // Renewals are seconds apart: what tells the first attempt is the second claim.
    let process = rig.process_with("a", Settings { lease_seconds: 3_600, ..settings() }).await;
    let mut engine = process.node.work_for(POOL, 2);
    rig.enqueue_one(job()).await;
    let (first, first_ticket) = engine.deliveries.recv().await.expect("the job");
    rig.let_leases_run_out().await;
    reclaim(rig.db()).await.expect("the search");
    let (second, second_ticket) = engine.deliveries.recv().await.expect("the job again");
    assert_eq!((first.run.attempt(), second.run.attempt()), (1, 2));
    until("the first attempt is told to end", async || first.run.cancel().is_cancelled()).await;
    assert!(first.run.is_lost(), "nobody asked for its end");
    assert!(!second.run.cancel().is_cancelled());
    first_ticket.finish(Outcome::Cancelled);
    second_ticket.finish(Outcome::Succeeded(json!(2)));
    until("the second result counts", async || rig.row(second.run.job_id()).await.result == Some(json!(2))).await;
    drop((first_ticket, second_ticket));
    process.shut_down().await;
}

async fn a_panic_is_a_failure_and_not_a_release(rig: Rig) {
    let process = rig.process("a").await;
    let mut engine = process.node.work_for(POOL, 1);
    let id = rig.enqueue_one(job()).await;
    let (_delivery, ticket) = engine.deliveries.recv().await.expect("the job");
    let handler = rig.tasks.spawn("a handler", async move {
        let _ticket = ticket;
        panic!("as handlers do");
    });
    handler.await.expect("the panic is caught");
    until("the attempt has ended", async || rig.row(id).await.failures == 1).await;
    assert_eq!(rig.attempts(id).await[0].error.as_deref(), Some("the handler of the job panicked"));
    process.shut_down().await;
}
