//! Ticks: each fires once, however many schedulers there are.

use jobs::kinds::JobKind;
use jobs::store::schedules::{self, CatchUp, Entry, Reason, Timestamp};
use serde_json::json;

use crate::rig::Rig;

crate::on_every_engine!(
    sixty_ticks_over_three_schedulers_fire_sixty_times,
    run_now_and_pause,
    ticks_that_pass_while_an_entry_is_paused_are_skipped,
    a_scheduled_job_keeps_the_bounds_of_its_kind
);

fn entry() -> Entry {
    let payload = json!({ "action": "succeed" });
    Entry { name: "tick", kind: JobKind::Probe, payload, cron: "0 * * * * *", timezone: "UTC", catch_up: CatchUp::All }
}

async fn sixty_ticks_over_three_schedulers_fire_sixty_times(rig: Rig) {
    schedules::seed(rig.db(), &[entry()]).await.expect("the crontab is written");
    let (rows, now) = schedules::active(rig.db()).await.expect("the crontab is read");
    let ticks: Vec<_> = (0..60).map(|minute| (Timestamp::from_micros(now.micros() - minute * 60_000_000), Reason::CatchUp)).collect();
    let schedulers: Vec<_> = (0..3)
        .map(|_| {
            let (db, queue, row, ticks) = (rig.db().clone(), rig.queue.clone(), rows[0].clone(), ticks.clone());
            testkit::spawn(async move {
                for tick in ticks {
                    schedules::fire(&db, &queue, &row, &[tick], tick.0).await.expect("it fires or somebody else did");
                }
            })
        })
        .collect();
    for scheduler in schedulers {
        scheduler.await.expect("the scheduler ends");
    }
    assert_eq!(rig.database.count("SELECT count(*) FROM jobs").await, 60);
    assert_eq!(rig.database.count("SELECT count(DISTINCT job_id) FROM schedule_fires").await, 60);
}

async fn run_now_and_pause(rig: Rig) {
    schedules::seed(rig.db(), &[entry()]).await.expect("the crontab is written");
    let txn = rig.db().write().await.expect("a transaction");
    let wake = schedules::run_now(&txn, &rig.queue, "tick").await.expect("it fires");
    assert!(schedules::set_paused(&txn, "tick", true).await.expect("the row"));
    assert!(!schedules::set_paused(&txn, "tock", true).await.expect("no row"));
    jobs::commit(txn, wake).await.expect("the commit");
    let history = schedules::history(rig.db(), "tick", None, 10).await.expect("the history");
    assert_eq!((history.len(), history[0].reason), (1, Reason::RunNow));
    assert_eq!(rig.row(history[0].job_id).await.created_by.as_deref(), Some("schedule:tick"));
    schedules::seed(rig.db(), &[entry()]).await.expect("the crontab is written again");
    assert!(schedules::active(rig.db()).await.expect("the crontab is read").0.is_empty(), "a restart does not undo the pause");
}

async fn ticks_that_pass_while_an_entry_is_paused_are_skipped(rig: Rig) {
    schedules::seed(rig.db(), &[entry()]).await.expect("the crontab is written");
    let pause = async |paused: bool| {
        let txn = rig.db().write().await.expect("a transaction");
        assert!(schedules::set_paused(&txn, "tick", paused).await.expect("the row"));
        txn.commit().await.expect("the commit");
    };
    pause(true).await;
    // For a long time.
    rig.database.execute("UPDATE schedules SET considered_until = 1").await;
    let (_, before) = schedules::active(rig.db()).await.expect("the crontab is read");
    pause(false).await;
    let (rows, _) = schedules::active(rig.db()).await.expect("the crontab is read");
    assert!(rows[0].considered_until >= before, "it goes on from now");
    rig.database.execute("UPDATE schedules SET considered_until = 1").await;
    pause(false).await;
    assert_eq!(
        schedules::active(rig.db()).await.expect("the crontab is read").0[0].considered_until.micros(),
        1,
        "going on twice skips nothing"
    );
}

async fn a_scheduled_job_keeps_the_bounds_of_its_kind(rig: Rig) {
    let sweep = Entry { name: "sweep", kind: JobKind::SweepContainers, payload: json!({}), ..entry() };
    schedules::seed(rig.db(), &[sweep]).await.expect("the crontab is written");
    let (rows, now) = schedules::active(rig.db()).await.expect("the crontab is read");
    let ticks: Vec<_> = (0..3).map(|minute| (Timestamp::from_micros(now.micros() - minute * 60_000_000), Reason::CatchUp)).collect();
    schedules::fire(rig.db(), &rig.queue, &rows[0], &ticks, now).await.expect("they fire");
    assert_eq!(rig.database.count("SELECT count(*) FROM jobs").await, 1, "one sweep waits, and that is enough");
    assert_eq!(rig.database.count("SELECT count(*) FROM schedule_fires f JOIN jobs j ON j.id = f.job_id").await, 3);
}
