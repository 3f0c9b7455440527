//! `kill -9` of the API between the commit and the wake-up. What is committed is accepted, whoever has heard of it.

use std::time::Duration;

use e2e::{Client, Database, Installation, Private};
use entities::id::JobId;
use entities::job::State;
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

/// Requests that are in flight when the API dies.
const REQUESTS: usize = 4;
/// A worker that nobody wakes looks so often by itself.
const POLL: Duration = Duration::from_secs(1);
const MARGIN: Duration = Duration::from_secs(1);
/// Commits that are on disk and of which nobody has been told.
const COMMITTED: &str = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";

/// The API's commits wait for a standby that never comes: they are on disk, and the API does not know yet. There it dies.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_an_api_that_died_before_the_wake_up_start_with_the_next_poll_and_are_there_once() {
    let postgres = Private::new();
    let database = Database::on_server(&postgres.start("postgres")).await;
    let (_, name) = database.url.rsplit_once('/').expect("a URL names a database");
    database.execute(&format!("ALTER DATABASE {name} SET synchronous_commit = 'local'")).await;
    let waits_for_standby = format!("{}?options[synchronous_commit]=on", database.url);
    let installation = Installation::on(database);
    let rows = installation.rows().await;
    let (mut api, client) = installation.api_with(&[("DATABASE_URL", &waits_for_standby)]).await;
    let _worker = installation.worker().await;
    rows.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'").await;
    rows.execute("SELECT pg_reload_conf()").await;
    rows.until_count(Duration::from_secs(10), "SELECT count(*) FROM pg_settings WHERE setting = 'nobody'", 1).await;

    let asking = join_all((0..REQUESTS).map(async |number| ask(&client, number).await));
    let dying = async {
        rows.until_count(Duration::from_secs(10), COMMITTED, i64::try_from(REQUESTS).expect("it fits")).await;
        api.kill();
    };
    let (answers, ()) = tokio::join!(asking, dying);
    assert!(answers.iter().all(Option::is_none), "nobody was told: {answers:?}");
    assert_eq!(rows.count("SELECT count(*) FROM jobs").await, 0, "nobody sees them yet");

    let seen = rows.now().await;
    rows.execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").await;
    let all = i64::try_from(REQUESTS).expect("it fits");
    rows.until_count(Duration::from_secs(10), "SELECT count(*) FROM jobs WHERE state = 'succeeded'", all).await;

    let (_next, other) = installation.api().await;
    let client = client.at(&other);
    for number in 0..REQUESTS {
        let answer = ask(&client, number).await.expect("the next API answers");
        let id: JobId = answer["id"].as_str().and_then(|id| id.parse().ok()).expect("it names the job");
        let job = rows.until_state(id, State::Succeeded).await;
        let late = job.started_at.expect("it was started").since(seen);
        assert!(late < POLL + MARGIN, "it started after {late:?}");
    }
    rows.each_ran_once(all).await;
}

/// Put a job in under a key; nothing when the connection breaks.
async fn ask(client: &Client, number: usize) -> Option<Value> {
    let key = format!("request {number}");
    let body = json!({ "kind": "probe", "payload": { "action": "succeed" } });
    let answer = client.try_send(Method::POST, "/v1/ops/jobs", &[("Idempotency-Key", &key)], Some(&body)).await.ok()?;
    Some(answer.expect(202))
}
