//! Into the queue: with the transaction or not at all, in order, once per key.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jobs::{Concurrency, EnqueueError, NewJob, Outcome, Rate, Unique};
use serde_json::json;

use crate::rig::{Rig, job};

crate::on_every_engine!(
    a_rolled_back_transaction_leaves_no_job,
    a_bulk_keeps_its_order_and_its_payloads,
    a_thousand_callers_with_one_key_make_one_job_and_when_it_has_ended_one_more,
    a_unique_key_is_free_again_when_its_job_has_ended,
    a_unique_period_outlives_the_job,
    a_unique_period_names_the_job_that_is_there,
    two_bulks_with_the_same_keys_in_opposite_order_both_pass,
    a_delayed_job_is_not_claimed_early,
    a_priority_outside_the_scale_is_refused,
    a_bound_that_cannot_be_kept_is_refused,
);

async fn a_rolled_back_transaction_leaves_no_job(rig: Rig) {
    let txn = rig.db().write().await.expect("a transaction");
    let (_, wake) = rig.queue.enqueue_all(&txn, vec![job(), job()]).await.expect("the jobs are taken");
    txn.rollback().await.expect("the rollback");
    wake.send();
    assert_eq!(rig.database.count("SELECT count(*) FROM jobs").await, 0);
    assert!(rig.claim(10).await.is_empty());
}

async fn a_bulk_keeps_its_order_and_its_payloads(rig: Rig) {
    let payload = |n: usize| json!({ "n": n, "text": format!("quote ' \" back \\ snowman \u{2603} {n}") });
    let jobs: Vec<_> = (0..500).map(|n| NewJob { payload: payload(n), ..job() }).collect();
    let enqueued = rig.enqueue(jobs).await;
    assert_eq!(enqueued.len(), 500);
    for (n, enqueued) in enqueued.iter().enumerate().step_by(97) {
        assert_eq!(rig.row(enqueued.id).await.payload, payload(n));
    }
    let claimed: Vec<_> = rig.claim(500).await.into_iter().map(|job| job.id).collect();
    assert_eq!(claimed, enqueued.iter().map(|job| job.id).collect::<Vec<_>>(), "first in, first out");
}

fn unique(key: &str) -> NewJob {
    NewJob { unique: Some(Unique::WhileLive { key: key.into() }), ..job() }
}

async fn a_thousand_callers_with_one_key_make_one_job_and_when_it_has_ended_one_more(rig: Rig) {
    let rig = Arc::new(rig);
    for jobs in 1..=2 {
        a_thousand_callers_with_one_key(&rig).await;
        assert_eq!(rig.database.count("SELECT count(*) FROM jobs").await, jobs);
        let claimed = rig.claim(10).await;
        assert_eq!(claimed.len(), 1);
        rig.finish(&claimed[0], Outcome::Succeeded(json!(null))).await;
    }
}

async fn a_thousand_callers_with_one_key(rig: &Arc<Rig>) {
    let callers: Vec<_> = (0..1_000)
        .map(|_| {
            let rig = Arc::clone(rig);
            testkit::spawn(async move {
                let enqueued = rig.enqueue(vec![unique("settle")]).await;
                assert_eq!(enqueued.len(), 1);
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("the caller ends");
    }
}

async fn a_unique_key_is_free_again_when_its_job_has_ended(rig: Rig) {
    let first = rig.enqueue(vec![unique("a"), unique("a"), unique("b")]).await;
    assert_eq!(first[0].id, first[1].id, "two in one statement are one");
    assert!(!first[0].existed && first[1].existed && !first[2].existed);
    let claimed = rig.claim(1).await;
    assert!(rig.enqueue(vec![unique("a")]).await[0].existed, "a running job is live");
    rig.finish(&claimed[0], Outcome::Succeeded(json!(null))).await;
    assert!(!rig.enqueue(vec![unique("a")]).await[0].existed);
}

async fn a_unique_period_outlives_the_job(rig: Rig) {
    let daily = || NewJob { unique: Some(Unique::For { key: "daily".into(), period: Duration::from_hours(24) }), ..job() };
    let first = rig.enqueue_one(daily()).await;
    let claimed = rig.claim(1).await;
    rig.finish(&claimed[0], Outcome::Succeeded(json!(null))).await;
    let again = rig.enqueue(vec![daily()]).await[0];
    assert_eq!((again.id, again.existed), (first, true));
    rig.database.execute("UPDATE job_unique_periods SET until = 1").await;
    assert!(!rig.enqueue(vec![daily()]).await[0].existed, "the period is over");
}

async fn a_unique_period_names_the_job_that_is_there(rig: Rig) {
    let daily = || NewJob { unique: Some(Unique::For { key: "daily".into(), period: Duration::from_hours(24) }), ..job() };
    let first = rig.enqueue_one(daily()).await;
    rig.database.execute("UPDATE job_unique_periods SET until = 1").await;
    for _ in 0..2 {
        let again = rig.enqueue(vec![daily()]).await[0];
        assert_eq!((again.id, again.existed), (first, true), "the first is still waiting");
    }
}

async fn two_bulks_with_the_same_keys_in_opposite_order_both_pass(rig: Rig) {
    let (rig, passed) = (Arc::new(rig), Arc::new(AtomicUsize::new(0)));
    for round in 0..10 {
        let bulks = [false, true].map(|backwards| {
            let (rig, passed) = (Arc::clone(&rig), Arc::clone(&passed));
            testkit::spawn(async move {
                let mut keys: Vec<_> = (0..200).map(|n| format!("{round}-{n}")).collect();
                if backwards {
                    keys.reverse();
                }
                rig.enqueue(keys.iter().map(|key| unique(key)).collect()).await;
                passed.fetch_add(1, Ordering::SeqCst);
            })
        });
        for bulk in bulks {
            bulk.await.expect("the bulk ends");
        }
    }
    assert_eq!((passed.load(Ordering::SeqCst), rig.database.count("SELECT count(*) FROM jobs").await), (20, 2_000));
}

async fn a_delayed_job_is_not_claimed_early(rig: Rig) {
    let later = rig.enqueue_one(NewJob { priority: 9, ..job() }.delayed(Duration::from_hours(1))).await;
    let now = rig.enqueue_one(NewJob { priority: 0, ..job() }).await;
    let claimed: Vec<_> = rig.claim(10).await.into_iter().map(|job| job.id).collect();
    assert_eq!(claimed, [now]);
    rig.database.execute("UPDATE jobs SET run_at = 1 WHERE state = 'queued'").await;
    assert_eq!(rig.claim(10).await[0].id, later);
}

async fn a_priority_outside_the_scale_is_refused(rig: Rig) {
    let txn = rig.db().write().await.expect("a transaction");
    let refused = rig.queue.enqueue_all(&txn, vec![NewJob { priority: 10, ..job() }]).await;
    assert!(matches!(refused, Err(EnqueueError::Priority { given: 10 })));
}

/// A bound that the row cannot hold would stop every claim of its pool.
async fn a_bound_that_cannot_be_kept_is_refused(rig: Rig) {
    let rate = |max, window| Concurrency { key: "k".into(), running_max: None, rate: Some(Rate { max, window }) };
    let running = |max| Concurrency { key: "k".into(), running_max: Some(max), rate: None };
    let second = Duration::from_secs(1);
    for bound in [running(0), running(u32::MAX), rate(0, second), rate(2_147_484, second), rate(1, Duration::from_micros(999))] {
        let txn = rig.db().write().await.expect("a transaction");
        let refused = rig.queue.enqueue_all(&txn, vec![NewJob { concurrency: Some(bound.clone()), ..job() }]).await;
        assert!(matches!(refused, Err(EnqueueError::Bound { .. })), "{bound:?}: {refused:?}");
    }
    let most = NewJob { concurrency: Some(running(2_147_483_647)), ..job() };
    let kept = rig.enqueue_one(most).await;
    assert_eq!(rig.claim(1).await[0].id, kept);
}
