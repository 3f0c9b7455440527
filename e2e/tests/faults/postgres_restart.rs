//! PostgreSQL holds the truth. While it is away nothing goes on, and afterwards everything does, in the same processes.

use std::time::Duration;

use e2e::{Client, Database, Installation, Private, Rows, until};
use serde_json::json;

/// Jobs that are there when the database goes: some run, most wait.
const JOBS: usize = 40;
const OPEN: &str = "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running', 'retrying')";
const TICKS: &str = "SELECT count(*) FROM schedule_fires WHERE name = 'each_second'";

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_is_restarted_costs_time_and_nothing_else() {
    it_goes_and_comes_back("fast").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_crashes_costs_time_and_nothing_else() {
    it_goes_and_comes_back("kill").await;
}

async fn it_goes_and_comes_back(how: &str) {
    let postgres = Private::new();
    let database = Database::on_server(&postgres.start("postgres")).await;
    // So long a request waits for a connection before it says that there is none.
    let installation = Installation::on(database).set("TALLYMAN_DATABASE_ACQUIRE_SECONDS_MAX", "2");
    let rows = installation.rows().await;
    tick_each_second(&rows).await;
    let (mut api, client) = installation.api().await;
    let (mut worker, mut scheduler) = (installation.worker().await, installation.start(&["scheduler"]));
    rows.put_all(vec![Rows::wait(Duration::from_millis(300)); JOBS]).await.expect("they are taken");
    until("jobs run", async || rows.count("SELECT count(*) FROM jobs WHERE state = 'running'").await > 1).await;
    until("the crontab ticks", async || rows.count(TICKS).await > 0).await;

    postgres.stop("postgres", how);
    until("the API says that it cannot", async || status(&client).await == 503).await;
    assert_eq!(client.get("/health/ready").await.expect(503)["dependencies"][0]["state"], "away");
    assert_eq!(client.get("/health/live").await.status, 200, "a restart of the API would mend nothing");
    let _url = postgres.start("postgres");

    until("the API answers again", async || status(&client).await == 200).await;
    let body = json!({ "kind": "probe", "payload": { "action": "succeed" } });
    until("the API takes work", async || client.post_with("/v1/ops/jobs", &[("Idempotency-Key", "once")], &body).await.status == 202).await;
    let mut first = None;
    until("the crontab ticks on", async || {
        let now = rows.try_count(TICKS).await.ok();
        first = first.or(now);
        now.zip(first).is_some_and(|(now, first)| now > first)
    })
    .await;
    assert!(api.is_running() && worker.is_running() && scheduler.is_running(), "nobody needs a restart");
    assert_eq!(scheduler.terminate().await, 0);
    // The product's own crontab may have fired as well, for pools in which nobody works here.
    rows.execute("DELETE FROM jobs WHERE kind <> 'probe'").await;
    rows.until_count(Duration::from_secs(30), OPEN, 0).await;

    let ticks = rows.count(TICKS).await;
    let seconds = "SELECT (max(fire_at) - min(fire_at)) / 1000000 + 1 FROM schedule_fires WHERE name = 'each_second'";
    assert_eq!(rows.count(seconds).await, ticks, "no tick is missing");
    rows.each_succeeded_once(i64::try_from(JOBS).expect("it fits") + 1 + ticks).await;
    assert_eq!((worker.terminate().await, api.terminate().await), (0, 0));
}

async fn tick_each_second(rows: &Rows) {
    rows.execute(&format!(
        "INSERT INTO schedules (name, kind, payload, cron, timezone, catch_up, considered_until, updated_at)
         VALUES ('each_second', 'probe', '{{\"action\": \"succeed\"}}', '* * * * * *', 'UTC', 'all', {}, 0)",
        rows.now().await.micros()
    ))
    .await;
}

/// What a caller gets, whatever happens behind the API: an answer, or a problem that says to come back.
async fn status(client: &Client) -> u16 {
    let answer = client.get("/v1/ops/jobs?kind=probe").await;
    let away = answer.problem() == (503, "unavailable") && !answer.header("retry-after").is_empty();
    assert!(answer.status == 200 || away, "{answer:?}");
    answer.status.as_u16()
}
