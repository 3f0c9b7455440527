//! Out of the queue: the most urgent first, each job to one worker, nothing from a paused pool.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use jobs::NewJob;
use jobs::store::claim::{Claim, Turn};
use jobs::store::controls;

use crate::rig::{POOL, Rig, job};

crate::on_every_engine!(
    the_most_urgent_is_claimed_first_and_equals_in_order,
    eight_claimers_never_share_a_job,
    a_paused_pool_gives_nothing_until_it_goes_on,
    each_claim_raises_the_attempt,
);

async fn the_most_urgent_is_claimed_first_and_equals_in_order(rig: Rig) {
    let priorities = [4, 9, 0, 4, 9];
    let ids: Vec<_> = rig.enqueue(priorities.map(|priority| NewJob { priority, ..job() }).into()).await.iter().map(|job| job.id).collect();
    let claimed: Vec<_> = rig.claim(10).await.into_iter().map(|job| job.id).collect();
    assert_eq!(claimed, [ids[1], ids[4], ids[0], ids[3], ids[2]]);
}

async fn eight_claimers_never_share_a_job(rig: Rig) {
    rig.enqueue(vec![job(); 1_000]).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let claimers: Vec<_> = (0..8)
        .map(|n| {
            let (db, seen) = (rig.db().clone(), Arc::clone(&seen));
            testkit::spawn(async move {
                let worker = format!("worker-{n}");
                let claim = Claim { pool: POOL, worker: &worker, lease_ms: 60_000, jobs_max: 7 };
                let mut turn = Turn::default();
                loop {
                    let jobs = turn.claim(&db, &claim).await.expect("the claim");
                    if jobs.is_empty() {
                        return;
                    }
                    seen.lock().expect("not poisoned").extend(jobs.into_iter().map(|job| job.id));
                }
            })
        })
        .collect();
    for claimer in claimers {
        claimer.await.expect("the claimer ends");
    }
    // A claimer that meets only locked rows may stop early; what is left is claimed here.
    let mut seen = seen.lock().expect("not poisoned").clone();
    loop {
        let jobs = rig.claim(100).await;
        if jobs.is_empty() {
            break;
        }
        seen.extend(jobs.into_iter().map(|job| job.id));
    }
    assert_eq!(seen.len(), 1_000);
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 1_000);
}

async fn a_paused_pool_gives_nothing_until_it_goes_on(rig: Rig) {
    let pause = async |paused: bool| {
        let txn = rig.db().write().await.expect("a transaction");
        controls::set_paused(&txn, POOL, paused, "tester").await.expect("the row");
        txn.commit().await.expect("the commit");
    };
    rig.enqueue(vec![job()]).await;
    pause(true).await;
    assert!(rig.claim(10).await.is_empty());
    pause(false).await;
    assert_eq!(rig.claim(10).await.len(), 1);
}

async fn each_claim_raises_the_attempt(rig: Rig) {
    rig.enqueue(vec![job()]).await;
    for attempt in 1..=3 {
        let claimed = rig.claim(1).await;
        assert_eq!(claimed[0].attempt, attempt);
        assert!(rig.finish(&claimed[0], jobs::Outcome::Released).await);
    }
}
