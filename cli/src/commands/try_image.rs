//! `tallyman try IMAGE`: one run in the real sandbox, without agent, queue or database.

use std::collections::HashMap;
use std::error::Error;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::entities::id::ExecutionId;
use domain::ports::sandbox::{
    ContainerLog, Ending, Exit, LogLine, LogSink, LogStream, Opened, Opening, RunSpec, Sandbox as _, SandboxError, Usage,
};
use platform::{Ids, SystemClock, SystemRng};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::sandbox;
use crate::settings::Settings;

/// How much longer than the pull itself may take it is waited for, so that its own end is what is told.
const PULL_ENDS_SECONDS: u64 = 5;

pub async fn run(image: &str, input: &str, timeout: Option<u32>, as_json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let settings = Settings::load()?;
    let ids = Ids::new(Arc::new(SystemClock));
    let start: uuid::Uuid = ids.next();
    let installation = format!("try{}", &start.as_simple().to_string()[20..]);
    let book = Arc::new(Book::new(&installation));
    let warm = workers::sandbox::Warm { parked_per_version: 0, ..settings.sandbox.warm.clone() };
    // Nobody else waits for a place.
    let pull_wait_seconds_max = settings.sandbox.pull_seconds_max.saturating_add(PULL_ENDS_SECONDS);
    let cage = workers::sandbox::Settings { warm, pull_wait_seconds_max, ..settings.sandbox.clone() };
    let engine = sandbox::connect(&cage, installation, book, Arc::new(SystemRng))?;
    let mut limits = settings.executions.clone();
    limits.run_seconds_max = timeout.unwrap_or(limits.run_seconds_max);
    let spec = RunSpec {
        execution_id: ids.next(),
        job_id: ids.next(),
        attempt: 1,
        image: image.to_owned(),
        digest: None,
        input: read_input(input)?,
        limits,
    };
    let cancel = CancellationToken::new();
    let printer = Printer { quiet: as_json };
    let running = engine.run(&spec, &printer, &cancel);
    tokio::pin!(running);
    let ran = tokio::select! {
        ran = &mut running => ran,
        signal = platform::shutdown_signal() => {
            signal?;
            cancel.cancel();
            running.await
        }
    };
    if let Err(error) = engine.dismantle().await {
        eprintln!("{error}");
    }
    report(ran, as_json)
}

fn read_input(input: &str) -> Result<Value, Box<dyn Error>> {
    let text = match input.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).map_err(|error| format!("the input file {file} cannot be read: {error}"))?,
        None => input.to_owned(),
    };
    serde_json::from_str(&text).map_err(|error| format!("the input is not JSON: {error}").into())
}

fn report(ran: Result<Exit, SandboxError>, as_json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let (state, failure, exit) = match ran {
        Ok(exit) => match exit.ending.clone() {
            Ending::Completed => ("succeeded", None, Some(exit)),
            Ending::Cancelled => ("cancelled", None, Some(exit)),
            Ending::Failed(failure) => ("failed", Some(failure), Some(exit)),
        },
        Err(SandboxError::Image(failure)) => ("failed", Some(failure), None),
        Err(error) => return Err(error.into()),
    };
    if let Some(heard) = failure.as_ref().and_then(|failure| failure.heard.as_ref()) {
        eprintln!("{heard}");
    }
    let exit_code = if state == "succeeded" { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    let usage = exit.as_ref().map_or_else(Usage::default, |exit| exit.usage.clone());
    let output = exit.as_ref().and_then(|exit| exit.output.clone());
    if as_json {
        let (log_bytes, isolation) = exit.map_or((0, Value::Null), |exit| (exit.log_bytes, exit.isolation));
        let report = json!({
            "state": state, "failure": failure, "output": output, "log_bytes": log_bytes, "isolation": isolation, "usage": usage,
        });
        println!("{report}");
        return Ok(exit_code);
    }
    eprintln!("{state} after {} ms, {} ms of CPU, {} KiB of memory at most", usage.wall_ms, usage.cpu_ms, usage.memory_peak_bytes / 1024);
    if let Some(failure) = failure {
        eprintln!("{}: {}", serde_json::to_value(failure.code)?.as_str().unwrap_or_default(), failure.message);
    }
    if let Some(output) = output {
        println!("{output:#}");
    }
    Ok(exit_code)
}

/// The agent's lines, as they come.
struct Printer {
    quiet: bool,
}

#[async_trait]
impl LogSink for Printer {
    async fn line(&self, line: LogLine) {
        if self.quiet {
            return;
        }
        let mark = match line.stream {
            LogStream::Stdout => "out",
            LogStream::Stderr => "err",
            LogStream::System => "---",
        };
        eprintln!("{:>8.3} {mark} {}", line.after.as_secs_f64(), line.text);
    }
}

/// The containers of this one run, in memory: nobody else sweeps an installation that lives so shortly.
pub struct Book {
    installation: String,
    open: Mutex<HashMap<String, u32>>,
}

impl Book {
    pub fn new(installation: &str) -> Self {
        Self { installation: installation.to_owned(), open: Mutex::default() }
    }
}

#[async_trait]
impl ContainerLog for Book {
    async fn open(&self, opening: Opening) -> Result<Opened, SandboxError> {
        // Away from the low end, where the workers of a daemon begin to lease.
        let uid = opening.uids.end.saturating_sub(1 + std::process::id() % 1_000).max(opening.uids.start);
        let name = format!("tm-{}-1", self.installation);
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), uid);
        Ok(Opened { name, uid })
    }

    async fn bind(&self, _: &str, _: ExecutionId, _: u32) -> Result<(), SandboxError> {
        Ok(())
    }

    async fn close(&self, name: &str) -> Result<(), SandboxError> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(())
    }

    async fn abandoned(&self, _: &str) -> Result<Vec<String>, SandboxError> {
        Ok(Vec::new())
    }
}
