//! Leases: kept while renewed, taken back when not.

use std::time::Duration;

use entities::job::State;
use entities::job_attempt::Outcome as Word;
use jobs::Outcome;
use jobs::store::claim::Claimed;
use jobs::store::finish::{Finished, finish};
use jobs::store::lease::{reclaim, renew};

use crate::rig::{Rig, job};

crate::on_every_engine!(
    a_job_of_a_dead_worker_comes_back,
    a_renewed_lease_is_not_taken_back,
    a_dying_job_that_was_cancelled_does_not_come_back,
    renewals_and_ends_never_wait_for_each_other_in_a_ring,
);

async fn a_job_of_a_dead_worker_comes_back(rig: Rig) {
    let id = rig.enqueue_one(job()).await;
    rig.claim(1).await;
    assert!(reclaim(rig.db()).await.expect("the search").is_empty(), "a lease that runs is left alone");
    rig.let_leases_run_out().await;
    let reclaimed = reclaim(rig.db()).await.expect("the search");
    assert_eq!((reclaimed.len(), reclaimed[0].id, reclaimed[0].state.as_str()), (1, id, "queued"));
    let row = rig.row(id).await;
    assert_eq!((row.state, row.deaths, row.failures), (State::Queued, 1, 0));
    assert_eq!(rig.attempts(id).await[0].outcome, Some(Word::Died));
    assert_eq!(rig.claim(1).await[0].attempt, 2);
}

async fn a_renewed_lease_is_not_taken_back(rig: Rig) {
    let id = rig.enqueue_one(job()).await;
    let claimed = rig.claim(1).await.remove(0);
    rig.let_leases_run_out().await;
    let renewed = renew(rig.db(), &[(id, claimed.attempt)], 60_000).await.expect("the renewal");
    assert_eq!(renewed.held, [id]);
    assert!(reclaim(rig.db()).await.expect("the search").is_empty());
    let other_attempt = renew(rig.db(), &[(id, claimed.attempt + 1)], 60_000).await.expect("the renewal");
    assert!(other_attempt.held.is_empty(), "the token is part of the lease");
}

async fn a_dying_job_that_was_cancelled_does_not_come_back(rig: Rig) {
    let id = rig.enqueue_one(job()).await;
    let claimed = rig.claim(1).await.remove(0);
    let txn = rig.db().write().await.expect("a transaction");
    let wake = rig.queue.cancel(&txn, id).await.expect("the request");
    jobs::commit(txn, wake).await.expect("the commit");
    let renewed = renew(rig.db(), &[(id, claimed.attempt)], 60_000).await.expect("the renewal");
    assert_eq!(renewed.cancelled, [id], "a renewal tells a worker that missed the message");
    rig.let_leases_run_out().await;
    reclaim(rig.db()).await.expect("the search");
    assert_eq!(rig.row(id).await.state, State::Cancelled);
}

async fn renewals_and_ends_never_wait_for_each_other_in_a_ring(rig: Rig) {
    rig.enqueue(vec![job(); 300]).await;
    for _ in 0..15 {
        let claimed = rig.claim(300).await;
        let leases: Vec<_> = claimed.iter().rev().map(|job| (job.id, job.attempt)).collect();
        let ends: Vec<_> = claimed.iter().map(released).collect();
        let (renewed, ended) = tokio::join!(renew(rig.db(), &leases, 60_000), finish(rig.db(), &ends));
        renewed.expect("the renewal");
        assert_eq!(ended.expect("the ends are written").len(), 300);
    }
}

fn released(job: &Claimed) -> Finished {
    Finished { job_id: job.id, attempt: job.attempt, outcome: Outcome::Released, backoff: Duration::ZERO, keyed: false }
}
