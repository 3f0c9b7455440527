//! The end of attempts: fenced, counted right, kept with its history.

use std::time::Duration;

use entities::job::State;
use entities::job_attempt::Outcome as Word;
use jobs::{JobError, NewJob, Outcome};
use serde_json::json;

use crate::rig::{Rig, boom, job};

crate::on_every_engine!(
    a_result_is_kept_with_its_attempt,
    a_late_result_of_a_lost_lease_is_dropped,
    errors_are_retried_until_the_failures_are_used_up,
    a_permanent_error_fails_at_once,
    snoozing_and_releasing_cost_nothing,
    the_backoff_stands_in_the_row,
    ends_written_together_are_judged_one_by_one,
);

async fn a_result_is_kept_with_its_attempt(rig: Rig) {
    let id = rig.enqueue_one(job()).await;
    let claimed = rig.claim(1).await;
    assert!(rig.finish(&claimed[0], Outcome::Succeeded(json!({ "rows": 3 }))).await);
    let row = rig.row(id).await;
    assert_eq!((row.state, row.result, row.lease_until), (State::Succeeded, Some(json!({ "rows": 3 })), None));
    assert!(row.finished_at.is_some());
    let attempts = rig.attempts(id).await;
    assert_eq!(attempts.len(), 1);
    assert_eq!((attempts[0].outcome, attempts[0].worker.as_str()), (Some(Word::Succeeded), "tester"));
}

async fn a_late_result_of_a_lost_lease_is_dropped(rig: Rig) {
    let id = rig.enqueue_one(job()).await;
    let first = rig.claim(1).await.remove(0);
    rig.let_leases_run_out().await;
    jobs::store::lease::reclaim(rig.db()).await.expect("the search");
    let second = rig.claim(1).await.remove(0);
    assert_eq!(second.attempt, 2);
    assert!(!rig.finish(&first, Outcome::Succeeded(json!("late"))).await, "the first attempt holds nothing any more");
    assert!(rig.finish(&second, Outcome::Succeeded(json!("right"))).await);
    assert!(!rig.finish(&second, Outcome::Succeeded(json!("twice"))).await, "one end is enough");
    assert_eq!(rig.row(id).await.result, Some(json!("right")));
}

async fn errors_are_retried_until_the_failures_are_used_up(rig: Rig) {
    let id = rig.enqueue_one(job()).await;
    for failures in 1..=3 {
        let claimed = rig.claim(1).await;
        assert!(rig.finish(&claimed[0], boom()).await);
        let row = rig.row(id).await;
        assert_eq!((row.failures, row.state), (failures, if failures == 3 { State::Failed } else { State::Retrying }));
    }
    assert!(rig.claim(1).await.is_empty());
    let row = rig.row(id).await;
    assert_eq!((row.error_code.as_deref(), row.last_error.as_deref()), (Some("boom"), Some("it went boom")));
    let words: Vec<_> = rig.attempts(id).await.into_iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(words, [Some(Word::Errored), Some(Word::Errored), Some(Word::Failed)]);
}

async fn a_permanent_error_fails_at_once(rig: Rig) {
    let id = rig.enqueue_one(job()).await;
    let claimed = rig.claim(1).await;
    rig.finish(&claimed[0], Outcome::Failed(JobError::new("no-such-thing", "there is no such thing"))).await;
    let row = rig.row(id).await;
    assert_eq!((row.state, row.failures, row.deaths), (State::Failed, 1, 0));
}

async fn snoozing_and_releasing_cost_nothing(rig: Rig) {
    let id = rig.enqueue_one(job()).await;
    for outcome in [Outcome::Released, Outcome::Snoozed { delay: Duration::ZERO, why: "the engine is away".into() }] {
        let claimed = rig.claim(1).await;
        rig.finish(&claimed[0], outcome).await;
        let row = rig.row(id).await;
        assert_eq!((row.state, row.failures, row.deaths), (State::Queued, 0, 0));
    }
    assert_eq!(rig.row(id).await.attempt, 2, "the fencing token only grows");
}

async fn the_backoff_stands_in_the_row(rig: Rig) {
    let id = rig.enqueue_one(NewJob { failures_max: 9, ..job() }).await;
    let claimed = rig.claim(1).await.remove(0);
    let backoff = Duration::from_mins(10);
    let finished = jobs::store::finish::Finished { job_id: id, attempt: 1, outcome: boom(), backoff, keyed: claimed.keyed };
    jobs::store::finish::finish(rig.db(), &[finished]).await.expect("the end is written");
    let row = rig.row(id).await;
    assert!(row.run_at.since(row.created_at) >= backoff);
    assert!(rig.claim(1).await.is_empty(), "it waits for its time, in no slot");
}

async fn ends_written_together_are_judged_one_by_one(rig: Rig) {
    let ids: Vec<_> = rig.enqueue(vec![job(); 3]).await.into_iter().map(|job| job.id).collect();
    let claimed = rig.claim(3).await;
    rig.finish(&claimed[1], Outcome::Released).await;
    let ends: Vec<_> = claimed
        .iter()
        .map(|job| jobs::store::finish::Finished {
            job_id: job.id,
            attempt: job.attempt,
            outcome: Outcome::Succeeded(json!(1)),
            backoff: Duration::ZERO,
            keyed: false,
        })
        .collect();
    let mut recorded = jobs::store::finish::finish(rig.db(), &ends).await.expect("the ends are written");
    recorded.sort();
    assert_eq!(recorded, [ids[0], ids[2]]);
    assert_eq!(rig.row(ids[1]).await.state, State::Queued);
}
