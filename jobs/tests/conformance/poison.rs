//! A job that takes its worker down is locked away, and nobody is for having run beside it.

use std::time::Duration;

use entities::id::JobId;
use entities::job::State;
use entities::job_attempt::Outcome as Word;
use jobs::store::lease::{begin, reclaim};
use jobs::{NewJob, Outcome, Ticket};
use serde_json::json;
use testkit::until;

use crate::rig::{POOL, Rig, job, settings};

crate::on_every_engine!(
    a_job_that_kills_its_workers_is_quarantined,
    a_job_on_its_last_life_that_has_not_begun_does_not_die,
    a_job_on_its_last_life_runs_alone,
    a_job_that_waits_to_run_alone_goes_back_when_the_process_ends,
);

/// A worker takes so many jobs, begins with all but those on their last life, and dies.
async fn die_over(rig: &Rig, jobs_max: u32) {
    rig.claim(jobs_max).await;
    rig.let_leases_run_out().await;
    reclaim(rig.db()).await.expect("the search");
}

async fn lives_left(rig: &Rig, id: JobId) -> i32 {
    let row = rig.row(id).await;
    row.deaths_max - row.deaths
}

async fn a_job_that_kills_its_workers_is_quarantined(rig: Rig) {
    let (killer, neighbour) = (rig.enqueue_one(job()).await, rig.enqueue_one(job()).await);
    for _ in 0..2 {
        die_over(&rig, 2).await;
    }
    let claimed = rig.claim(1).await.remove(0);
    assert_eq!((claimed.id, claimed.begun), (killer, false), "it has kept its place, and waits to be alone");
    assert!(begin(rig.db(), killer, claimed.attempt).await.expect("the row"));
    rig.let_leases_run_out().await;
    assert_eq!(reclaim(rig.db()).await.expect("the search")[0].state, "quarantined");
    let row = rig.row(killer).await;
    assert_eq!((row.state, row.deaths, row.error_code.as_deref()), (State::Quarantined, 3, Some("quarantined")));
    assert_eq!(rig.claim(10).await.iter().map(|job| job.id).collect::<Vec<_>>(), [neighbour]);
}

async fn a_job_on_its_last_life_that_has_not_begun_does_not_die(rig: Rig) {
    let id = rig.enqueue_one(job()).await;
    for _ in 0..5 {
        die_over(&rig, 1).await;
    }
    let row = rig.row(id).await;
    assert_eq!((row.state, row.deaths, row.attempt), (State::Queued, 2, 5));
    let words: Vec<_> = rig.attempts(id).await.into_iter().filter_map(|attempt| attempt.outcome).collect();
    assert_eq!(words, [Word::Died, Word::Died, Word::Released, Word::Released, Word::Released]);
    let claimed = rig.claim(1).await.remove(0);
    assert!(!begin(rig.db(), id, claimed.attempt - 1).await.expect("the row"), "an attempt that is lost begins nothing");
    assert!(rig.finish(&claimed, Outcome::Released).await);
    assert_eq!(lives_left(&rig, id).await, 1);
}

async fn a_job_on_its_last_life_runs_alone(rig: Rig) {
    let last_lives: Vec<_> = rig.enqueue(vec![job(); 2]).await.into_iter().map(|job| job.id).collect();
    for _ in 0..2 {
        die_over(&rig, 2).await;
    }
    let others: Vec<_> = rig.enqueue(vec![job(); 3]).await.into_iter().map(|job| job.id).collect();
    let process = rig.process("a").await;
    let mut engine = process.node.work_for(POOL, 5);
    let (mut begun, mut tickets): (Vec<JobId>, Vec<Ticket>) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let (delivery, ticket) = engine.deliveries.recv().await.expect("a job");
        begun.push(delivery.run.job_id());
        tickets.push(ticket);
    }
    assert_eq!(begun, others);
    let mut other_pool = process.node.work_for(jobs::Pool::Notify, 5);
    assert_eq!(rig.database.count("SELECT count(*) FROM jobs WHERE state = 'running' AND started_at IS NULL").await, 2, "they wait");
    for ticket in tickets {
        ticket.finish(Outcome::Succeeded(json!(1)));
    }
    let (delivery, ticket) = engine.deliveries.recv().await.expect("a job on its last life");
    let mut order = vec![delivery.run.job_id()];
    let elsewhere = rig.enqueue_one(NewJob { pool: "notify".into(), ..job() }).await;
    let first = rig.row(order[0]).await.lease_until.expect("it is leased");
    until("it has run for longer than a pool waits to look again", async || {
        rig.row(order[0]).await.lease_until.is_some_and(|until| until.since(first) > 3 * settings().poll())
    })
    .await;
    assert_eq!(rig.row(elsewhere).await.state, State::Queued, "no pool of the process takes anything");
    ticket.finish(Outcome::Succeeded(json!(2)));
    drop(ticket);
    for _ in 0..2 {
        let next = async {
            tokio::select! { next = engine.deliveries.recv() => next, next = other_pool.deliveries.recv() => next }
        };
        let (delivery, ticket) = next.await.expect("a job");
        assert_eq!(rig.database.count("SELECT count(*) FROM jobs WHERE state = 'running' AND started_at IS NOT NULL").await, 1);
        order.push(delivery.run.job_id());
        ticket.finish(Outcome::Succeeded(json!(2)));
    }
    // Between two that run alone a pool that has come to look by then has its turn.
    let [first, second] = last_lives[..] else { panic!("two jobs") };
    assert!(order == [first, elsewhere, second] || order == [first, second, elsewhere], "{order:?}");
    until("all succeed", async || rig.database.count("SELECT count(*) FROM jobs WHERE state = 'succeeded'").await == 6).await;
    process.shut_down().await;
}

async fn a_job_that_waits_to_run_alone_goes_back_when_the_process_ends(rig: Rig) {
    let id = rig.enqueue_one(job()).await;
    for _ in 0..2 {
        die_over(&rig, 1).await;
    }
    rig.enqueue_one(job()).await;
    let process = rig.process("a").await;
    let mut engine = process.node.work_for(POOL, 5);
    let (_delivery, ticket) = engine.deliveries.recv().await.expect("the other job");
    let first = rig.row(id).await.lease_until.expect("it is leased");
    until("its lease is renewed while it waits", async || {
        rig.row(id).await.lease_until.is_some_and(|until| until.since(first) > Duration::from_secs(1))
    })
    .await;
    process.tasks.stop().cancel();
    until("it is free again", async || rig.row(id).await.state == State::Queued).await;
    assert_eq!(lives_left(&rig, id).await, 1);
    ticket.finish(Outcome::Succeeded(json!(1)));
    drop((ticket, engine.deliveries));
    engine.done.await.expect("every end is written");
    process.shut_down().await;
}
