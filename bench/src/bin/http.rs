//! The API under load: `http FOLDER POSTGRES_URL SECONDS` (of an empty database) prints one JSON object with the figures.
//!
//! Accepting runs is an open loop: each request has its time, and its wait counts from then, also when the request before it was late
//! (no coordinated omission). Reading is `wrk -c64`, on an execution and on a route that does nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bench::{BoxError, Client, House, millis, quantile, wrk};
use futures::future::try_join_all;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

const CONNECTIONS: u32 = 50;
const REQUESTS_PER_S: u32 = 500;
const PATIENCE: Duration = Duration::from_secs(10);

/// One connection's part of the load.
struct Share {
    waits: Vec<f64>,
    errors: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, url, seconds] = arguments.as_slice() else { return Err("usage: http FOLDER POSTGRES_URL SECONDS".into()) };
    let settings = format!("[database]\nurl = {}\n", Value::from(url.as_str()));
    let house = House::start(Path::new(folder), "api", &settings).await?;
    let token = house.token().await?;
    let mut client = Client::connect(house.address, &token).await?;
    let body = bench::agent::save(&mut client).await?;

    let shares = load(&house, &token, &body, seconds.parse()?).await?;
    let errors: u32 = shares.iter().map(|share| share.errors).sum();
    let mut waits: Vec<f64> = shares.into_iter().flat_map(|share| share.waits).collect();

    let operation = client.post("/v1/executions", "", &body).await?.expect(202)?;
    let execution = operation["resource"].as_str().ok_or("the operation names no execution")?;
    client.get(execution).await?.expect(200)?;
    let read = wrk(&format!("http://{}{execution}", house.address), Some(&token)).await?;
    let empty = empty_per_s().await?;
    house.stop().await?;
    let report = json!({
        "post_requests": waits.len(), "post_errors": errors, "post_p50_ms": quantile(&mut waits, 50), "post_p99_ms": quantile(&mut waits, 99),
        "post_max_ms": quantile(&mut waits, 100), "get_per_s": read, "empty_per_s": empty, "get_over_empty": read / empty,
    });
    println!("{report}");
    Ok(())
}

/// Each connection sends every 100 ms, all of them evenly spread: together they send every 2 ms.
async fn load(house: &House, token: &str, body: &str, seconds: u32) -> Result<Vec<Share>, BoxError> {
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(Client::connect(house.address, token).await?);
    }
    let (first, requests) = (Instant::now() + Duration::from_millis(100), REQUESTS_PER_S / CONNECTIONS * seconds);
    let shares = clients.into_iter().zip(0..).map(|(mut client, number)| async move {
        let mut every =
            interval_at(first + Duration::from_secs(1) * number / REQUESTS_PER_S, Duration::from_secs(1) * CONNECTIONS / REQUESTS_PER_S);
        every.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut share = Share { waits: Vec::new(), errors: 0 };
        for _ in 0..requests {
            let due = every.tick().await;
            let accepted = tokio::time::timeout(PATIENCE, client.post("/v1/executions", "", body)).await;
            share.waits.push(millis(due.elapsed()));
            match accepted {
                Ok(Ok(answer)) if answer.status == 202 => {}
                Ok(Ok(_)) => share.errors += 1,
                // The rest of what was said on it belongs to nobody.
                Ok(Err(_)) | Err(_) => {
                    share.errors += 1;
                    client = Client::connect(house.address, token).await?;
                }
            }
        }
        Ok::<_, BoxError>(share)
    });
    try_join_all(shares).await
}

async fn empty_per_s() -> Result<f64, BoxError> {
    let program: PathBuf = std::env::current_exe()?.with_file_name("empty");
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut empty = Command::new(program).arg(port.to_string()).kill_on_drop(true).spawn()?;
    let mut every = tokio::time::interval(Duration::from_millis(20));
    let listening = async {
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            every.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, listening).await?;
    let rate = wrk(&format!("http://127.0.0.1:{port}/empty"), None).await;
    empty.kill().await?;
    rate
}
