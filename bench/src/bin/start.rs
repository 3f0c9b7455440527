//! From nothing to ready, and what waiting costs: `start FOLDER SUPERVISOR` runs `tallyman up` on an empty folder and prints one JSON object.

use std::path::Path;
use std::time::Duration;

use bench::{BoxError, House, millis, toml_text};
use serde_json::json;
use tokio::time::{Instant, interval_at};

const SETTLE_SECONDS: u64 = 5;
const IDLE_SECONDS: u64 = 20;
/// The unit of processor time in `/proc`, the same on every Linux that we build for.
const TICKS_PER_S: f64 = 100.0;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, supervisor] = arguments.as_slice() else { return Err("usage: start FOLDER SUPERVISOR".into()) };
    let settings = format!("[sandbox]\nsupervisor_path = {}\n", toml_text(Path::new(supervisor)));
    let first = House::start(Path::new(folder), "up", &settings).await?;
    let first_start = first.ready_after;
    first.stop().await?;

    let house = House::start(Path::new(folder), "up", &settings).await?;
    let pid = house.pid()?;
    let mut looks = interval_at(Instant::now() + Duration::from_secs(SETTLE_SECONDS), Duration::from_secs(IDLE_SECONDS));
    looks.tick().await;
    let (before, began) = (processor_ticks(pid)?, Instant::now());
    looks.tick().await;
    let cpu = (processor_ticks(pid)? - before) / TICKS_PER_S / began.elapsed().as_secs_f64() * 100.0;
    let report = json!({
        "first_start_ms": millis(first_start), "start_ms": millis(house.ready_after), "idle_resident_mib": status_mib(pid, "VmRSS:")?,
        "peak_resident_mib": status_mib(pid, "VmHWM:")?, "idle_cpu_percent": cpu,
    });
    house.stop().await?;
    println!("{report}");
    Ok(())
}

/// Time on a processor since the start, in user and kernel mode (fields 14 and 15; the name in field 2 may hold anything).
fn processor_ticks(pid: u32) -> Result<f64, BoxError> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit_once(") ").ok_or("not a process")?.1;
    Ok(fields.split(' ').skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?)
}

fn status_mib(pid: u32, name: &str) -> Result<f64, BoxError> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib = status.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"));
    Ok(kib.ok_or("the kernel does not say")?.parse::<f64>()? / 1_024.0)
}
