//! `wrk`: as many requests as are answered.

use std::process::Stdio;

use tokio::process::Command;

use crate::BoxError;

const SECONDS: u32 = 10;

/// Requests per second of 64 connections that ask as fast as they are answered.
///
/// # Errors
/// When `wrk` is not there, or an answer is no success.
pub async fn wrk(url: &str, token: Option<&str>) -> Result<f64, BoxError> {
    let mut wrk = Command::new("wrk");
    wrk.args(["-t2", "-c64", &format!("-d{SECONDS}s")]).stdout(Stdio::piped());
    if let Some(token) = token {
        wrk.args(["-H", &format!("Authorization: Bearer {token}")]);
    }
    let said = String::from_utf8(wrk.arg(url).output().await?.stdout)?;
    if said.contains("Non-2xx") || said.contains("Socket errors") {
        return Err(said.into());
    }
    let rate = said.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
    Ok(rate.ok_or(said.as_str())?.trim().parse()?)
}
