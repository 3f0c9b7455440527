//! Runs of an agent beside `docker run`: `containers FOLDER COLD_URL WARM_URL BURST_URL SUPERVISOR` (of three empty databases) prints one JSON object.
//!
//! A run counts from `POST /v1/executions` with `Prefer: wait` to the answer that says `succeeded`, through queue, worker and sandbox.

use std::path::Path;
use std::time::Duration;

use bench::docker::{DockerRun, warm_containers};
use bench::{BoxError, Client, House, agent, millis, quantile, toml_text};
use futures::future::try_join_all;
use platform::{Db, DbSettings, Engine};
use sea_orm::{ConnectionTrait as _, DatabaseBackend, Statement};
use serde_json::{Value, json};
use tokio::time::{Instant, interval, timeout};

const RUNS: usize = 30;
const AT_ONCE: usize = 4;
const RUNS_OF_EACH: usize = 15;
const PARKED: usize = 4;
/// A pool that a burst of all runs does not empty.
const PARKED_FOR_A_BURST: usize = AT_ONCE * RUNS_OF_EACH;
const PARKED_SECONDS_MAX: u64 = 60;

/// A `tallyman up` with an agent to run.
struct Tallyman {
    house: House,
    token: String,
    body: String,
    db: Db,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, cold_url, warm_url, burst_url, supervisor] = arguments.as_slice() else {
        return Err("usage: containers FOLDER COLD_URL WARM_URL BURST_URL SUPERVISOR".into());
    };
    let folder = Path::new(folder);
    let peer = DockerRun::new(folder, agent::IMAGE, &agent::input().to_string()).await?;
    peer.run().await?;
    let mut docker = one_by_one(async || peer.run().await).await?;
    let docker_per_s = at_once(|_| async { for_each(async || peer.run().await).await }).await?;

    let supervisor = Path::new(supervisor);
    let cold = Tallyman::start(&folder.join("cold"), cold_url, supervisor, 0).await?;
    let mut client = cold.client().await?;
    cold.run(&mut client).await?;
    let mut cold_runs = one_by_one(async || cold.run(&mut client).await).await?;
    let cold_per_s = at_once(|_| cold.run_some()).await?;
    cold.house.stop().await?;

    let warm = Tallyman::start(&folder.join("warm"), warm_url, supervisor, PARKED).await?;
    let (mut warm_runs, hits) = warm.warm_runs().await?;
    let unending_per_s = at_once(|_| warm.run_some()).await?;
    warm.house.stop().await?;

    let burst = Tallyman::start(&folder.join("burst"), burst_url, supervisor, PARKED_FOR_A_BURST).await?;
    burst.fill(PARKED_FOR_A_BURST).await?;
    let warm_per_s = at_once(|_| burst.run_some()).await?;
    burst.house.stop().await?;

    let (docker, cold, warm) = (quantile(&mut docker, 50), quantile(&mut cold_runs, 50), quantile(&mut warm_runs, 50));
    let report = json!({
        "docker_p50_ms": docker, "cold_p50_ms": cold, "cold_p95_ms": quantile(&mut cold_runs, 95), "warm_p50_ms": warm,
        "warm_p95_ms": quantile(&mut warm_runs, 95), "warm_hits": hits, "cold_over_docker": cold / docker, "warm_over_docker": warm / docker,
        "warm_unending_4_per_s": unending_per_s, "docker_4_per_s": docker_per_s, "cold_4_per_s": cold_per_s, "warm_4_per_s": warm_per_s, "warm_over_docker_per_s": warm_per_s / docker_per_s,
    });
    println!("{report}");
    Ok(())
}

async fn one_by_one(mut run: impl AsyncFnMut() -> Result<(), BoxError>) -> Result<Vec<f64>, BoxError> {
    let mut waits = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let began = Instant::now();
        run().await?;
        waits.push(millis(began.elapsed()));
    }
    Ok(waits)
}

async fn for_each(mut run: impl AsyncFnMut() -> Result<(), BoxError>) -> Result<(), BoxError> {
    for _ in 0..RUNS_OF_EACH {
        run().await?;
    }
    Ok(())
}

/// Runs per second of so many that each start the next one when theirs has ended.
#[expect(clippy::cast_precision_loss, reason = "a few runs fit a float")]
async fn at_once<F: Future<Output = Result<(), BoxError>>>(runs: impl Fn(usize) -> F) -> Result<f64, BoxError> {
    let began = Instant::now();
    try_join_all((0..AT_ONCE).map(runs)).await?;
    Ok((AT_ONCE * RUNS_OF_EACH) as f64 / began.elapsed().as_secs_f64())
}

impl Tallyman {
    async fn start(folder: &Path, url: &str, supervisor: &Path, parked: usize) -> Result<Self, BoxError> {
        let settings = format!(
            "[database]\nurl = {}\n[pools]\ncontainers = {AT_ONCE}\n[sandbox]\nsupervisor_path = {}\nwarm = {{ parked_per_version = {parked} }}\n",
            Value::from(url),
            toml_text(supervisor),
        );
        let house = House::start(folder, "up", &settings).await?;
        let token = house.token().await?;
        let body = agent::save(&mut Client::connect(house.address, &token).await?).await?;
        let db = Db::connect(&DbSettings { connections_max: 2, ..DbSettings::default() }, url).await?;
        Ok(Self { house, token, body, db })
    }

    async fn client(&self) -> Result<Client, BoxError> {
        Ok(Client::connect(self.house.address, &self.token).await?)
    }

    async fn run(&self, client: &mut Client) -> Result<(), BoxError> {
        let ended = client.post("/v1/executions", "Prefer: wait=30\r\n", &self.body).await?.expect(200)?;
        if ended["state"] == "succeeded" { Ok(()) } else { Err(ended.to_string().into()) }
    }

    async fn run_some(&self) -> Result<(), BoxError> {
        let mut client = self.client().await?;
        for_each(async || self.run(&mut client).await).await
    }

    /// Runs that each find the pool full, and how many of them a parked container served.
    async fn warm_runs(&self) -> Result<(Vec<f64>, i64), BoxError> {
        let mut client = self.client().await?;
        let mut waits = Vec::with_capacity(RUNS);
        for _ in 0..RUNS {
            self.fill(PARKED).await?;
            let began = Instant::now();
            self.run(&mut client).await?;
            waits.push(millis(began.elapsed()));
        }
        let hits = self.ask("SELECT count(*) AS answer FROM containers WHERE name LIKE 'tm-%-warm-%' AND execution_id IS NOT NULL").await?;
        Ok((waits, hits))
    }

    /// Make the agent hot, and wait until so many containers are parked for it.
    async fn fill(&self, containers: usize) -> Result<(), BoxError> {
        let installation: String = self.ask("SELECT id AS answer FROM installation").await?;
        if warm_containers(&installation).await? == 0 {
            let mut client = self.client().await?;
            for _ in 0..2 {
                self.run(&mut client).await?;
            }
        }
        timeout(Duration::from_secs(PARKED_SECONDS_MAX), parked(&installation, containers)).await?
    }

    async fn ask<T: sea_orm::TryGetable>(&self, sql: &str) -> Result<T, BoxError> {
        let backend = if self.db.engine() == Engine::Sqlite { DatabaseBackend::Sqlite } else { DatabaseBackend::Postgres };
        let row = self.db.query_one_raw(Statement::from_string(backend, sql)).await?.ok_or("there is no row")?;
        Ok(row.try_get("", "answer")?)
    }
}

/// Wait until the pool is full; a container that runs is parked a moment later.
async fn parked(installation: &str, containers: usize) -> Result<(), BoxError> {
    let mut every = interval(Duration::from_millis(250));
    while warm_containers(installation).await? < containers {
        every.tick().await;
    }
    every.reset();
    every.tick().await;
    Ok(())
}
