//! Payments: `pay FOLDER POSTGRES_URL PGBENCH PGBENCH_URL SECONDS` (of two empty databases of one server) prints one JSON object with the figures.
//!
//! 64 payers pay one vendor, whose account is as hot as one can be: at the domain's door in this process, over HTTP to a `tallyman api`, and naively, one
//! transaction for each payment. Beside them `pgbench`, its TPC-B-like transaction from 64 clients. At last 1,000 payments a second over HTTP as an open loop, and 500 on SQLite.

use std::path::Path;
use std::time::Duration;

use bench::BoxError;
use serde_json::{Value, json};

#[path = "pay/domain.rs"]
mod domain_door;
#[path = "pay/http.rs"]
mod http;
#[path = "pay/naive.rs"]
mod naive;
#[path = "pay/pgbench.rs"]
mod pgbench;
#[path = "pay/stage.rs"]
mod stage;

pub const PAYERS: usize = 64;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, url, program, pgbench_url, seconds] = arguments.as_slice() else {
        return Err("usage: pay FOLDER POSTGRES_URL PGBENCH PGBENCH_URL SECONDS".into());
    };
    let time = Duration::from_secs(seconds.parse()?);
    let tpcb = pgbench::per_second(program, pgbench_url, time).await?;
    let stage = stage::set(url).await?;
    let naive = naive::per_second(&stage, time).await?;
    let door = domain_door::per_second(&stage, time).await?;
    let settings = format!("[database]\nurl = {}\n", Value::from(url.as_str()));
    let house = bench::House::start(Path::new(folder), "api", &settings).await?;
    let mut payers = http::payers(&house, &stage).await?;
    let over_http = http::per_second(&mut payers, &stage, time).await?;
    let open = http::open_loop(&mut payers, &stage, time, 1_000).await?;
    house.stop().await?;
    let embedded = embedded(Path::new(folder), time).await?;
    let report = json!({
        "tpcb_per_s": tpcb, "naive_per_s": naive.per_s, "domain_per_s": door.per_s, "http_per_s": over_http.per_s,
        "domain_over_tpcb": door.per_s / tpcb, "http_over_tpcb": over_http.per_s / tpcb, "domain_over_naive": door.per_s / naive.per_s,
        "domain_p50_ms": door.p50_ms, "domain_p99_ms": door.p99_ms, "http_p50_ms": over_http.p50_ms, "http_p99_ms": over_http.p99_ms,
        "open_p50_ms": open.p50_ms, "open_p99_ms": open.p99_ms, "open_errors": open.errors,
        "sqlite_p50_ms": embedded.p50_ms, "sqlite_p99_ms": embedded.p99_ms, "sqlite_errors": embedded.errors,
    });
    println!("{report}");
    Ok(())
}

/// 500 payments a second over HTTP on SQLite.
async fn embedded(folder: &Path, time: Duration) -> Result<Figures, BoxError> {
    let folder = folder.join("embedded");
    std::fs::create_dir_all(&folder)?;
    let url = format!("sqlite://{}?mode=rwc", folder.join("tallyman.db").display());
    let stage = stage::set(&url).await?;
    let house = bench::House::start(&folder, "api", "").await?;
    let mut payers = http::payers(&house, &stage).await?;
    let figures = http::open_loop(&mut payers, &stage, time, 500).await?;
    house.stop().await?;
    Ok(figures)
}

/// Many payments in numbers.
pub struct Figures {
    pub per_s: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub errors: u32,
}

impl Figures {
    #[must_use]
    pub fn of(mut waits: Vec<f64>, took: Duration, errors: u32) -> Self {
        // Fewer than 2^53, so nothing is lost.
        #[expect(clippy::cast_precision_loss, reason = "a count of payments")]
        let per_s = waits.len() as f64 / took.as_secs_f64();
        Self { per_s, p50_ms: bench::quantile(&mut waits, 50), p99_ms: bench::quantile(&mut waits, 99), errors }
    }
}
