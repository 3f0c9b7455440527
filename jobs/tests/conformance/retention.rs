//! What has been kept long enough goes, each state after its own time, in batches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jobs::store::retention::{Pruned, prune_batch};
use jobs::{Concurrency, NewJob, Outcome, Rate, Settings};
use serde_json::json;

use crate::rig::{Rig, job};

crate::on_every_engine!(
    each_state_is_kept_for_its_own_time,
    a_batch_is_small_and_live_jobs_stay,
    counters_of_keys_go_with_their_last_job,
    an_empty_bucket_is_not_forgotten_before_it_is_full,
    pruning_never_waits_for_an_enqueue,
    pruning_takes_no_key_from_an_enqueue,
);

async fn prune(rig: &Rig, settings: &Settings) -> Pruned {
    prune_batch(rig.db(), settings).await.expect("one batch of each sort")
}

async fn each_state_is_kept_for_its_own_time(rig: Rig) {
    let settings = Settings {
        keep_succeeded_hours: 1,
        keep_cancelled_hours: 2,
        keep_failed_hours: 3,
        keep_quarantined_hours: 4,
        ..Settings::default()
    };
    let states = ["succeeded", "cancelled", "failed", "quarantined"];
    for (id, state) in rig.enqueue(vec![job(); 4]).await.iter().zip(states) {
        let claimed = rig.claim(1).await;
        assert_eq!(claimed[0].id, id.id);
        rig.finish(&claimed[0], Outcome::Succeeded(json!(1))).await;
        rig.database.execute(&format!("UPDATE jobs SET state = '{state}' WHERE state = 'succeeded' AND attempt = 1")).await;
        rig.database.execute("UPDATE jobs SET attempt = 7 WHERE state <> 'queued'").await;
    }
    // Half an hour past each of the four times, one after the other.
    for (gone, state) in states.iter().enumerate() {
        rig.database.execute("UPDATE jobs SET finished_at = finished_at - 1800000000 WHERE finished_at IS NOT NULL").await;
        assert_eq!(prune(&rig, &settings).await.jobs, 0, "before the time of `{state}`");
        rig.database.execute("UPDATE jobs SET finished_at = finished_at - 1800000000 WHERE finished_at IS NOT NULL").await;
        assert_eq!(prune(&rig, &settings).await.jobs, 1, "after the time of `{state}`");
        assert_eq!(rig.database.count(&format!("SELECT count(*) FROM jobs WHERE state = '{state}'")).await, 0);
        assert_eq!(
            rig.database.count("SELECT count(*) FROM job_attempts").await,
            3 - i64::try_from(gone).expect("a small number"),
            "attempts go with their job"
        );
    }
}

async fn a_batch_is_small_and_live_jobs_stay(rig: Rig) {
    rig.enqueue(vec![job(); 700]).await;
    rig.database.execute("UPDATE jobs SET state = 'succeeded', finished_at = 1").await;
    rig.enqueue(vec![job(); 3]).await;
    rig.database.execute("UPDATE jobs SET created_at = 1, run_at = 1 WHERE state = 'queued'").await;
    let gone: Vec<_> = [prune(&rig, &Settings::default()).await.jobs, prune(&rig, &Settings::default()).await.jobs].into();
    assert_eq!((gone, prune(&rig, &Settings::default()).await), (vec![500, 200], Pruned::default()));
    assert_eq!(rig.claim(10).await.len(), 3);
}

fn keyed(key: &str) -> NewJob {
    NewJob { concurrency: Some(Concurrency { key: key.into(), running_max: Some(1), rate: None }), ..job() }
}

async fn counters_of_keys_go_with_their_last_job(rig: Rig) {
    rig.enqueue(vec![keyed("a"), keyed("b")]).await;
    assert_eq!(prune(&rig, &Settings::default()).await.others, 0);
    rig.database.execute("DELETE FROM jobs WHERE concurrency_key = 'a'").await;
    assert_eq!(prune(&rig, &Settings::default()).await.others, 1);
    rig.enqueue(vec![keyed("a")]).await;
    assert_eq!(rig.claim(10).await.len(), 2);
}

async fn an_empty_bucket_is_not_forgotten_before_it_is_full(rig: Rig) {
    let rate = Some(Rate { max: 1, window: Duration::from_hours(7 * 24) });
    let weekly = || NewJob { concurrency: Some(Concurrency { key: "digest".into(), running_max: None, rate }), ..job() };
    rig.enqueue(vec![weekly()]).await;
    let claimed = rig.claim(1).await;
    rig.finish(&claimed[0], Outcome::Succeeded(json!(1))).await;
    rig.database.execute("DELETE FROM jobs").await;
    rig.database.execute("UPDATE job_limits SET rate_refilled_at = rate_refilled_at - 172800000000").await;
    assert_eq!(prune(&rig, &Settings::default()).await.others, 0, "two days after the last start");
    rig.enqueue(vec![weekly()]).await;
    assert!(rig.claim(1).await.is_empty(), "the week is not over");
}

/// A key that is known and idle, which is what pruning looks for.
async fn idle(rig: &Rig, key: &str) {
    rig.enqueue(vec![keyed(key)]).await;
    rig.database.execute("DELETE FROM jobs").await;
}

async fn pruning_never_waits_for_an_enqueue(rig: Rig) {
    if rig.database.kind == testkit::Kind::Sqlite {
        return; // It has one writer, and whoever holds its transaction open holds up everybody.
    }
    idle(&rig, "tenant").await;
    let txn = rig.db().write().await.expect("a transaction");
    let (_, wake) = rig.queue.enqueue_all(&txn, vec![keyed("tenant")]).await.expect("the job is taken");
    assert_eq!(prune(&rig, &Settings::default()).await.others, 0, "the key is about to be used");
    jobs::commit(txn, wake).await.expect("the commit");
    assert_eq!(rig.claim(1).await.len(), 1);
}

async fn pruning_takes_no_key_from_an_enqueue(rig: Rig) {
    let (rig, over) = (Arc::new(rig), Arc::new(AtomicBool::new(false)));
    let pruners: Vec<_> = (0..2)
        .map(|_| {
            let (rig, over) = (Arc::clone(&rig), Arc::clone(&over));
            testkit::spawn(async move {
                while !over.load(Ordering::SeqCst) {
                    prune(&rig, &Settings::default()).await;
                }
            })
        })
        .collect();
    let callers: Vec<_> = (0..4)
        .map(|caller| {
            let rig = Arc::clone(&rig);
            testkit::spawn(async move {
                for round in 0..100 {
                    let keys = [format!("{caller}"), format!("shared-{}", round % 3)];
                    let enqueued = rig.enqueue(keys.iter().map(|key| keyed(key)).collect()).await;
                    let ids = enqueued.iter().map(|job| rig.hex(job.id)).collect::<Vec<_>>().join(", ");
                    rig.database.execute(&format!("DELETE FROM jobs WHERE id IN ({ids})")).await;
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("every enqueue passes");
    }
    over.store(true, Ordering::SeqCst);
    for pruner in pruners {
        pruner.await.expect("every batch passes");
    }
}
