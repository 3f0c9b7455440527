//! `pgbench`: the TPC-B-like transaction on the same server, with as many clients.

use std::time::Duration;

use bench::BoxError;
use tokio::process::Command;

use crate::PAYERS;

pub async fn per_second(program: &str, url: &str, time: Duration) -> Result<f64, BoxError> {
    let made = Command::new(program).args(["-i", "-q", "-s", "10", url]).output().await?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into());
    }
    let (clients, seconds) = (PAYERS.to_string(), time.as_secs().max(1).to_string());
    let ran = Command::new(program).args(["-c", &clients, "-j", "2", "-T", &seconds, url]).output().await?;
    let said = String::from_utf8(ran.stdout)?;
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")).and_then(|rest| rest.split(' ').next());
    Ok(rate.ok_or(said.as_str())?.parse()?)
}
