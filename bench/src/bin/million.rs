//! A queue that has done a million jobs: `million FOLDER POSTGRES_URL` (of an empty database) prints one JSON object with the figures:
//! what operators wait for when they search it, and what a claim costs before and after.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bench::{BoxError, Client, House, millis, quantile};
use jobs::store::claim::{Claim, Turn};
use jobs::{NewJob, Pool, Queue, WakeBus, commit};
use platform::{Db, DbSettings, Ids, SystemClock};
use sea_orm::{ConnectionTrait as _, DatabaseBackend, Statement};
use serde_json::{Map, Value, json};

#[path = "million/history.rs"]
mod history;

const POOL: Pool = Pool::Simulation;
const READY: usize = 1_000;
const CLAIM: u32 = 10;
const CLAIM_ROUNDS: usize = 3;
const SEARCHES: i64 = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, url] = arguments.as_slice() else { return Err("usage: million FOLDER POSTGRES_URL".into()) };
    let db = Db::connect(&DbSettings { connections_max: 4, ..DbSettings::default() }, url).await?;
    migrations::apply_all(db.connection(), |_| {}).await?;

    let mut before = claims(&db).await?;
    let began = Instant::now();
    db.execute_unprepared(history::INSERT).await?;
    let filled = began.elapsed();
    db.execute_unprepared("VACUUM ANALYZE jobs").await?;
    db.execute_unprepared("VACUUM ANALYZE job_attempts").await?;
    let mut after = claims(&db).await?;

    let settings = format!("[database]\nurl = {}\n", Value::from(url.as_str()));
    let house = House::start(Path::new(folder), "api", &settings).await?;
    let mut client = house.architect().await?;
    let mut report = Map::new();
    for (name, sql) in history::SEARCHES {
        let mut waits = Vec::new();
        for turn in 0..SEARCHES {
            let query = text(&db, sql, turn).await?;
            waits.push(search(&mut client, &query).await.map_err(|error| format!("{query}: {error}"))?);
        }
        report.insert(format!("{name}_p50_ms"), json!(quantile(&mut waits, 50)));
        report.insert(format!("{name}_p95_ms"), json!(quantile(&mut waits, 95)));
    }
    house.stop().await?;
    let (before, after) = (quantile(&mut before, 50), quantile(&mut after, 50));
    report.insert("claim_10_of_1000_before_ms".into(), json!(before));
    report.insert("claim_10_of_1000_after_ms".into(), json!(after));
    report.insert("claim_after_over_before".into(), json!(after / before));
    report.insert("fill_seconds".into(), json!(filled.as_secs_f64()));
    println!("{}", Value::Object(report));
    Ok(())
}

/// A page of 50, as the console asks for it.
async fn search(client: &mut Client, query: &str) -> Result<f64, BoxError> {
    let began = Instant::now();
    let page = client.get(&format!("/v1/ops/jobs?{query}")).await?;
    let wait = millis(began.elapsed());
    let page = page.expect(200)?;
    if page["jobs"].as_array().is_none_or(Vec::is_empty) {
        return Err("it finds nothing".into());
    }
    Ok(wait)
}

/// The query of a turn, spelled for an URL by the database that knows what there is.
async fn text(db: &Db, sql: &str, turn: i64) -> Result<String, BoxError> {
    let row = db.query_one_raw(Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, [turn.into()])).await?;
    let query: String = row.ok_or("there is no such job")?.try_get("", "query")?;
    Ok(query.replace(' ', "%20"))
}

/// What each claim takes, with a thousand jobs ready. The first round warms up and does not count; nothing is left behind.
async fn claims(db: &Db) -> Result<Vec<f64>, BoxError> {
    let queue = Queue::new(Ids::new(Arc::new(SystemClock)), WakeBus::local());
    let claim = Claim { pool: POOL, worker: "bench", lease_ms: 15_000, jobs_max: CLAIM };
    let mut waits = Vec::new();
    for round in 0..=CLAIM_ROUNDS {
        let txn = db.write().await?;
        let (_, wake) = queue.enqueue_all(&txn, (0..READY).map(|_| job()).collect()).await?;
        commit(txn, wake).await?;
        let mut turn = Turn::default();
        let mut left = READY;
        while left > 0 {
            let began = Instant::now();
            let taken = turn.claim(db, &claim).await?.len();
            if round > 0 {
                waits.push(millis(began.elapsed()));
            }
            left = left.checked_sub(taken.max(1)).ok_or("more was taken than there was")?;
        }
        db.execute_unprepared("DELETE FROM jobs WHERE worker = 'bench'").await?;
    }
    Ok(waits)
}

fn job() -> NewJob {
    NewJob {
        kind: "probe".into(),
        pool: POOL.name().into(),
        payload: json!({ "action": "succeed" }),
        priority: 4,
        delay: Duration::ZERO,
        failures_max: 3,
        deaths_max: 3,
        unique: None,
        concurrency: None,
        resource: None,
        trace_id: None,
        created_by: None,
    }
}
