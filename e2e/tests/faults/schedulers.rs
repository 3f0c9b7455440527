//! Two of everything: nothing happens twice.

use std::time::Duration;

use e2e::{Installation, until_within};

const CAUGHT_UP: i64 = 40;
const LIVE: i64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn two_schedulers_and_two_workers_fire_each_of_sixty_ticks_once() {
    let installation = Installation::on_postgres().await;
    let rows = installation.rows().await;
    let now = rows.now().await.micros();
    rows.execute(&format!(
        "INSERT INTO schedules (name, kind, payload, cron, timezone, catch_up, considered_until, updated_at)
         VALUES ('each_second', 'probe', '{{\"action\": \"succeed\"}}', '* * * * * *', 'UTC', 'all', {}, 0)",
        now - CAUGHT_UP * 1_000_000
    ))
    .await;

    let schedulers = [installation.start(&["scheduler"]), installation.start(&["scheduler"])];
    let _workers = (installation.worker().await, installation.worker().await);
    let (fires, ticks) = ("SELECT count(*) FROM schedule_fires WHERE name = 'each_second'", CAUGHT_UP + LIVE);
    until_within(Duration::from_secs(45), "sixty ticks have fired", async || rows.count(fires).await >= ticks).await;
    for mut scheduler in schedulers {
        assert_eq!(scheduler.terminate().await, 0);
    }

    let jobs = "SELECT count(*) FROM jobs WHERE created_by = 'schedule:each_second'";
    let all = rows.count(fires).await;
    rows.until_count(Duration::from_secs(20), &format!("{jobs} AND state = 'succeeded' AND attempt = 1"), all).await;
    assert_eq!(rows.count(jobs).await, all, "one job for each tick");
    let seconds = "SELECT (max(fire_at) - min(fire_at)) / 1000000 + 1 FROM schedule_fires WHERE name = 'each_second'";
    assert_eq!(rows.count(seconds).await, all, "no tick is missing");
    let unnamed = "SELECT count(*) FROM schedule_fires f WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.id = f.job_id)";
    assert_eq!(rows.count(unnamed).await, 0, "every fire names its job");
}
