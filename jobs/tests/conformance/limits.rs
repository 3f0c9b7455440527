//! Bounds per key: never exceeded, given back by every end, shared fairly.

use std::collections::HashMap;
use std::time::Duration;

use entities::id::JobId;
use jobs::store::lease::reclaim;
use jobs::{Concurrency, NewJob, Outcome, Rate, Settings};
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use testkit::Kind;

use crate::rig::{POOL, Rig, job, settings};

crate::on_every_engine!(
    no_more_run_for_a_key_than_its_bound,
    every_end_gives_the_slot_back,
    keys_share_the_places,
    jobs_without_a_key_and_with_one_do_not_starve_each_other,
    a_rate_lets_through_what_its_bucket_holds,
    a_bound_of_one_keeps_the_order,
    what_is_released_or_comes_back_from_a_dead_worker_keeps_its_place,
    keys_that_wait_for_their_time_hold_nobody_up,
    keys_with_an_empty_bucket_hold_nobody_up,
    a_key_that_another_claimer_has_in_hand_is_looked_at_again_soon,
);

fn keyed(key: &str, running_max: u32) -> NewJob {
    NewJob { concurrency: Some(Concurrency { key: key.into(), running_max: Some(running_max), rate: None }), ..job() }
}

async fn running(rig: &Rig) -> i64 {
    rig.database.count("SELECT CAST(coalesce(sum(running), 0) AS BIGINT) FROM job_limits").await
}

async fn no_more_run_for_a_key_than_its_bound(rig: Rig) {
    rig.enqueue(vec![keyed("tenant", 3); 10]).await;
    assert_eq!(rig.claim(10).await.len(), 3);
    assert!(rig.claim(10).await.is_empty());
    assert_eq!(running(&rig).await, 3);
    rig.enqueue(vec![keyed("tenant", 5)]).await;
    assert_eq!(rig.claim(10).await.len(), 2, "the newest bound counts");
}

async fn every_end_gives_the_slot_back(rig: Rig) {
    rig.enqueue(vec![keyed("tenant", 1); 6]).await;
    for outcome in [Outcome::Succeeded(json!(1)), crate::rig::boom(), Outcome::Cancelled, Outcome::Released] {
        let claimed = rig.claim(10).await;
        assert_eq!(claimed.len(), 1, "before {outcome:?}");
        rig.finish(&claimed[0], outcome).await;
    }
    assert_eq!(rig.claim(10).await.len(), 1);
    rig.let_leases_run_out().await;
    reclaim(rig.db()).await.expect("the search");
    assert_eq!(running(&rig).await, 0, "a death gives it back too");
}

async fn keys_share_the_places(rig: Rig) {
    rig.enqueue(vec![keyed("loud", 100); 50]).await;
    rig.enqueue(vec![keyed("quiet", 100); 5]).await;
    let claimed = rig.claim(10).await;
    let mut by_key: HashMap<String, usize> = HashMap::new();
    for job in &claimed {
        *by_key.entry(rig.row(job.id).await.concurrency_key.expect("it has a key")).or_default() += 1;
    }
    assert_eq!((by_key["loud"], by_key["quiet"]), (5, 5));
}

async fn jobs_without_a_key_and_with_one_do_not_starve_each_other(rig: Rig) {
    rig.enqueue(vec![job(); 40]).await;
    rig.enqueue(vec![keyed("tenant", 100); 40]).await;
    let mut turn = jobs::store::claim::Turn::default();
    let claim = jobs::store::claim::Claim { pool: crate::rig::POOL, worker: "tester", lease_ms: 60_000, jobs_max: 10 };
    let mut kinds = [0, 0];
    for _ in 0..2 {
        for job in turn.claim(rig.db(), &claim).await.expect("the claim") {
            kinds[usize::from(job.keyed)] += 1;
        }
    }
    assert_eq!(kinds, [10, 10]);
}

async fn a_rate_lets_through_what_its_bucket_holds(rig: Rig) {
    let rate = Some(Rate { max: 4, window: Duration::from_hours(1) });
    let limited = NewJob { concurrency: Some(Concurrency { key: "mail".into(), running_max: None, rate }), ..job() };
    rig.enqueue(vec![limited; 20]).await;
    assert_eq!(rig.claim(20).await.len(), 4);
    assert!(rig.claim(20).await.is_empty());
    // Half an hour later, by the database's clock, half of the bucket is back.
    rig.database.execute("UPDATE job_limits SET rate_refilled_at = rate_refilled_at - 1800000000").await;
    assert_eq!(rig.claim(20).await.len(), 2);
}

async fn a_bound_of_one_keeps_the_order(rig: Rig) {
    let ids: Vec<JobId> = rig.enqueue(vec![keyed("account", 1); 20]).await.into_iter().map(|job| job.id).collect();
    let mut order = Vec::new();
    while let Some(job) = rig.claim(8).await.pop() {
        order.push(job.id);
        rig.finish(&job, Outcome::Succeeded(json!(1))).await;
    }
    assert_eq!(order, ids);
}

async fn what_is_released_or_comes_back_from_a_dead_worker_keeps_its_place(rig: Rig) {
    let ids: Vec<JobId> = rig.enqueue(vec![keyed("account", 1); 3]).await.into_iter().map(|job| job.id).collect();
    let first = rig.claim(8).await.remove(0);
    rig.finish(&first, Outcome::Released).await;
    assert_eq!(rig.claim(8).await.remove(0).id, ids[0], "after a drain");
    rig.let_leases_run_out().await;
    reclaim(rig.db()).await.expect("the search");
    let first = rig.claim(8).await.remove(0);
    assert_eq!(first.id, ids[0], "after a death");
    rig.finish(&first, Outcome::Succeeded(json!(1))).await;
    assert_eq!(rig.claim(8).await.remove(0).id, ids[1]);
}

async fn keys_that_wait_for_their_time_hold_nobody_up(rig: Rig) {
    rig.enqueue((0..300).map(|n| keyed(&format!("later-{n:03}"), 1).delayed(Duration::from_hours(1))).collect()).await;
    let due = rig.enqueue_one(keyed("now", 1)).await;
    assert_eq!(rig.claim(10).await.iter().map(|job| job.id).collect::<Vec<_>>(), [due]);
}

async fn keys_with_an_empty_bucket_hold_nobody_up(rig: Rig) {
    let limited = |n: u32| {
        let rate = Some(Rate { max: 1, window: Duration::from_hours(1) });
        NewJob { concurrency: Some(Concurrency { key: format!("mail-{n:03}"), running_max: None, rate }), ..job() }
    };
    rig.enqueue((0..300).flat_map(|n| [limited(n), limited(n)]).collect()).await;
    let mut claimed = 0;
    while claimed < 300 {
        let jobs = rig.claim(100).await;
        assert!(!jobs.is_empty(), "each claim finds keys that may go on: {claimed}");
        claimed += jobs.len();
    }
    let last = rig.enqueue_one(keyed("now", 1)).await;
    assert_eq!(rig.claim(10).await.iter().map(|job| job.id).collect::<Vec<_>>(), [last]);
}

/// On SQLite nobody else is at anything while a claim looks.
async fn a_key_that_another_claimer_has_in_hand_is_looked_at_again_soon(rig: Rig) {
    if rig.database.kind == Kind::Sqlite {
        return;
    }
    rig.enqueue(vec![keyed("held", 1), keyed("free", 1)]).await;
    let claimer = rig.db().write().await.expect("a transaction");
    claimer.execute_unprepared("SELECT 1 FROM job_limits WHERE concurrency_key = 'held' FOR UPDATE").await.expect("the lock");
    let never_by_itself = Settings { poll_ms: 600_000, ..settings() };
    let process = rig.process_with("a", never_by_itself).await;
    let mut engine = process.node.work_for(POOL, 5);
    let mut next = async || {
        let next = tokio::time::timeout(Duration::from_secs(30), engine.deliveries.recv()).await;
        next.expect("it is taken long before the next poll").expect("a job")
    };
    let (first, one) = next().await;
    assert_eq!(rig.row(first.run.job_id()).await.concurrency_key.as_deref(), Some("free"), "others go on meanwhile");
    claimer.rollback().await.expect("the end of the other claim");
    let (second, other) = next().await;
    assert_eq!(rig.row(second.run.job_id()).await.concurrency_key.as_deref(), Some("held"));
    for ticket in [one, other] {
        ticket.finish(Outcome::Succeeded(json!(1)));
    }
    process.shut_down().await;
}
