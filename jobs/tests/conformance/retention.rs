//! What has been kept long enough goes, each state after its own time, in batches.

use jobs::store::retention::{Pruned, prune_batch};
use jobs::{Concurrency, NewJob, Outcome, Settings};
use serde_json::json;

use crate::rig::{Rig, job};

crate::on_every_engine!(each_state_is_kept_for_its_own_time, a_batch_is_small_and_live_jobs_stay, counters_of_keys_go_with_their_last_job);

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

async fn counters_of_keys_go_with_their_last_job(rig: Rig) {
    let keyed = |key: &str| NewJob { concurrency: Some(Concurrency { key: key.into(), running_max: Some(1), rate: None }), ..job() };
    rig.enqueue(vec![keyed("a"), keyed("b")]).await;
    assert_eq!(prune(&rig, &Settings::default()).await.others, 0);
    rig.database.execute("DELETE FROM jobs WHERE concurrency_key = 'a'").await;
    assert_eq!(prune(&rig, &Settings::default()).await.others, 1);
    rig.enqueue(vec![keyed("a")]).await;
    assert_eq!(rig.claim(10).await.len(), 2);
}
