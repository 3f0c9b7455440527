//! Cancelling: a waiting job at once, a running one through its token, an ended one not at all.

use entities::id::JobId;
use entities::job::State;
use jobs::Outcome;
use serde_json::json;

use crate::rig::{Rig, boom, job};

crate::on_every_engine!(
    a_waiting_job_is_cancelled_at_once,
    a_cancelled_job_is_not_retried,
    a_cancellation_that_nobody_asked_for_is_a_release,
    an_ended_job_stays_as_it_is,
);

async fn cancel(rig: &Rig, id: JobId) {
    let txn = rig.db().write().await.expect("a transaction");
    let wake = rig.queue.cancel(&txn, id).await.expect("the request");
    jobs::commit(txn, wake).await.expect("the commit");
}

async fn a_waiting_job_is_cancelled_at_once(rig: Rig) {
    let id = rig.enqueue_one(job()).await;
    cancel(&rig, id).await;
    let row = rig.row(id).await;
    assert_eq!(row.state, State::Cancelled);
    assert!(row.finished_at.is_some());
    assert!(rig.claim(1).await.is_empty());
}

async fn a_cancelled_job_is_not_retried(rig: Rig) {
    let id = rig.enqueue_one(job()).await;
    let claimed = rig.claim(1).await;
    cancel(&rig, id).await;
    assert_eq!(rig.row(id).await.state, State::Running, "its worker ends it");
    rig.finish(&claimed[0], boom()).await;
    assert_eq!(rig.row(id).await.state, State::Cancelled);
}

async fn a_cancellation_that_nobody_asked_for_is_a_release(rig: Rig) {
    let id = rig.enqueue_one(job()).await;
    let claimed = rig.claim(1).await;
    assert!(rig.finish(&claimed[0], Outcome::Cancelled).await, "the lease was thought lost and is still held");
    let row = rig.row(id).await;
    assert_eq!((row.state, row.failures, row.deaths), (State::Queued, 0, 0));
    assert_eq!(rig.attempts(id).await[0].outcome, Some(entities::job_attempt::Outcome::Released));
    assert_eq!(rig.claim(1).await.len(), 1);
}

async fn an_ended_job_stays_as_it_is(rig: Rig) {
    let id = rig.enqueue_one(job()).await;
    let claimed = rig.claim(1).await;
    rig.finish(&claimed[0], Outcome::Succeeded(json!(1))).await;
    cancel(&rig, id).await;
    assert_eq!(rig.row(id).await.state, State::Succeeded);
}
