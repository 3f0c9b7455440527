//! One run: a parked container or a fresh one, `START`, the conversation, the end, and nothing left behind.

use std::{sync::Arc, time::Duration};

use bollard::query_parameters::WaitContainerOptionsBuilder;
use domain::ports::sandbox::{Ending, Exit, Failure, FailureCode, LogSink, LogStream, RunLimits, RunSpec, SandboxError, Usage};
use futures::StreamExt;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{
    docker::Shared,
    ending::{self, Ended},
    engine::Engine,
    faults,
    frames::{self, Frame, OUTPUT_BYTES_MAX, StartHeader},
    image::Image,
    launch::{Parked, Unlaunched, launch},
    transcript::Transcript,
    warm::Version,
    wire::{Wire, WireError},
};

/// How long a killed container is waited for; the removal goes on after that.
const KILL_PATIENCE: Duration = Duration::from_secs(5);

/// One run, ready to be told.
struct Errand<'a> {
    spec: &'a RunSpec,
    limits: RunLimits,
    image: Image,
    input: Vec<u8>,
    logs: &'a dyn LogSink,
    cancel: &'a CancellationToken,
}

pub(super) async fn run(
    shared: &Arc<Shared>,
    spec: &RunSpec,
    logs: &dyn LogSink,
    cancel: &CancellationToken,
) -> Result<Exit, SandboxError> {
    let limits = RunLimits { output_bytes_max: spec.limits.output_bytes_max.min(OUTPUT_BYTES_MAX), ..spec.limits.clone() };
    let input = spec.input.to_string().into_bytes();
    if input.len() > limits.input_bytes_max as usize {
        let message = format!("the input has {} bytes; at most {} are taken", input.len(), limits.input_bytes_max);
        return Ok(before_the_start(Ending::Failed(Failure::new(FailureCode::InputTooLarge, message)), Value::Null));
    }
    let prepared = async {
        let engine = shared.connection.get().await?;
        let image = shared.images.pinned(shared, &engine, spec).await?;
        Ok((engine, image))
    };
    let (engine, image) = tokio::select! {
        biased;
        () = cancel.cancelled() => return Ok(before_the_start(Ending::Cancelled, Value::Null)),
        prepared = prepared => match prepared {
            Ok(prepared) => prepared,
            Err(SandboxError::Image(failure)) => return Ok(before_the_start(Ending::Failed(failure), Value::Null)),
            Err(error) => return Err(error),
        },
    };
    let errand = Errand { spec, limits, image, input, logs, cancel };
    let version = Version::new(&engine, &errand.image, &errand.limits);
    if let Some(exit) = errand.run_warm(shared, &version).await? {
        shared.warm.note(shared, &version);
        return Ok(exit);
    }
    let exit = errand.run_fresh(shared, &engine).await;
    shared.warm.note(shared, &version);
    exit
}

impl Errand<'_> {
    /// Runs in a parked container, if there is one that is still alive.
    async fn run_warm(&self, shared: &Arc<Shared>, version: &Version) -> Result<Option<Exit>, SandboxError> {
        while let Some(parked) = shared.warm.take(version) {
            shared.undertaker.log.bind(&parked.container.name, self.spec.execution_id, self.spec.attempt).await?;
            let (ended, transcript, parked) = self.tell(shared, parked).await;
            // It died while it was parked: the agent never ran, so this does not count.
            if matches!(ended, Ended::Lost { .. }) && transcript.started.is_none() {
                continue;
            }
            return self.conclude(ended, &transcript, parked, true).await.map(Some);
        }
        Ok(None)
    }

    async fn run_fresh(&self, shared: &Arc<Shared>, engine: &Arc<Engine>) -> Result<Exit, SandboxError> {
        let starting = shared.warm.lull.starting();
        let run = Some((self.spec.execution_id, self.spec.attempt));
        let launched = tokio::select! {
            biased;
            () = self.cancel.cancelled() => return Ok(before_the_start(Ending::Cancelled, Value::Null)),
            launched = launch(shared, engine, &self.image, &self.limits, run) => launched,
        };
        drop(starting);
        match launched {
            Ok(parked) => {
                let (ended, transcript, parked) = self.tell(shared, parked).await;
                self.conclude(ended, &transcript, parked, false).await
            }
            Err(Unlaunched::Refused { failure, isolation }) => Ok(before_the_start(Ending::Failed(failure), isolation)),
            Err(Unlaunched::Fault(error)) => {
                shared.images.forget(self.spec);
                Err(error)
            }
        }
    }

    /// Sends `START` and listens until something ends the run. Whatever it is, it never waits behind the stream or the sink.
    async fn tell(&self, shared: &Shared, mut parked: Parked) -> (Ended, Transcript, Parked) {
        let key = (shared.keys)();
        let frame = frames::start(&key, &self.header(), &self.input);
        let deadline = Duration::from_secs(u64::from(self.limits.run_seconds_max) + shared.settings.deadline_grace_seconds);
        let drain = Duration::from_secs(shared.settings.drain_seconds_max);
        let mut transcript = Transcript::default();
        let told = async {
            parked.wire.start(key, &frame).await?;
            listen(&mut parked.wire, &mut transcript, self.logs, &self.limits).await
        };
        let ended = tokio::select! {
            biased;
            () = self.cancel.cancelled() => Ended::Cancelled,
            told = told => match told {
                Ok(()) => Ended::Told,
                Err(WireError::Frame(error)) => Ended::Forged(error),
                Err(error) => Ended::Lost { oom_killed: false, reason: error.to_string() },
            },
            () = tokio::time::sleep(deadline) => Ended::Overdue,
            () = outlived(&parked.engine, &parked.container.name, drain) => {
                Ended::Lost { oom_killed: false, reason: "the container ended without a word".into() }
            }
        };
        let ended = match ended {
            Ended::Lost { reason, .. } => {
                lost(&parked.engine, &parked.container.name, format!("{reason} {}", parked.wire.complaint())).await
            }
            other => other,
        };
        (ended, transcript, parked)
    }

    async fn conclude(&self, ended: Ended, transcript: &Transcript, parked: Parked, warm: bool) -> Result<Exit, SandboxError> {
        let Parked { container, isolation, .. } = parked;
        match ended {
            Ended::Told => container.discard().await,
            _ => drop(tokio::time::timeout(KILL_PATIENCE, container.remove()).await),
        }
        let (ending, output) = ending::classify(&ended, transcript, &self.limits)?;
        if let (Ending::Failed(failure), Some(_)) = (&ending, transcript.started) {
            drop(tokio::time::timeout(KILL_PATIENCE, transcript.remark(&failure.message, self.logs)).await);
        }
        let log_bytes = transcript.exit.as_ref().map_or(transcript.bytes, |exit| exit.stdout_bytes + exit.stderr_bytes);
        let exit_code = transcript.exit.as_ref().and_then(|exit| exit.code);
        Ok(Exit { ending, output, exit_code, log_bytes, isolation, usage: ending::usage(transcript), warm })
    }

    fn header(&self) -> StartHeader<'_> {
        StartHeader {
            argv: &self.image.argv,
            cwd: &self.image.cwd,
            run_ms_max: u64::from(self.limits.run_seconds_max) * 1_000,
            log_bytes_max: self.limits.log_bytes_max.into(),
            log_flood_bytes_max: self.limits.log_flood_bytes_max,
            output_bytes_max: self.limits.output_bytes_max.into(),
            input_bytes_max: self.limits.input_bytes_max.into(),
        }
    }
}

/// Takes frames down until the last one.
async fn listen(wire: &mut Wire, transcript: &mut Transcript, logs: &dyn LogSink, limits: &RunLimits) -> Result<(), WireError> {
    // The supervisor cuts each stream itself; more than that is none of its doing.
    let bytes_max = 2 * u64::from(limits.log_bytes_max) + (64 << 10);
    loop {
        if transcript.bytes > bytes_max {
            return Err(WireError::Frame(frames::FrameError::Stream));
        }
        match wire.next().await? {
            Frame::Started(_) => {
                transcript.started = Some(std::time::Instant::now());
                logs.started().await;
            }
            Frame::Stdout(bytes) => transcript.text(LogStream::Stdout, &bytes, logs).await,
            Frame::Stderr(bytes) => transcript.text(LogStream::Stderr, &bytes, logs).await,
            Frame::Cut(cut) => transcript.cut(&cut, logs).await,
            Frame::Output(bytes) => transcript.output = Some(Ok(bytes)),
            Frame::OutputRefused(refusal) => transcript.output = Some(Err(refusal)),
            Frame::Failed(refusal) => {
                transcript.failed = Some(refusal);
                return Ok(());
            }
            Frame::Exit(exit) => {
                transcript.end(logs).await;
                transcript.exit = Some(exit);
                return Ok(());
            }
            Frame::Hello(_) => return Err(WireError::Frame(frames::FrameError::Kind(0x10))),
        }
    }
}

/// Ends some time after the container: an engine may keep the attached stream open for ever, so the drain is bounded.
async fn outlived(engine: &Engine, name: &str, drain: Duration) {
    loop {
        let until = WaitContainerOptionsBuilder::default().condition("not-running").build();
        match engine.docker.wait_container(name, Some(until)).next().await {
            // The engine is away or slow; the stream tells when it broke.
            Some(Err(bollard::errors::Error::RequestTimeoutError | bollard::errors::Error::HyperLegacyError { .. })) | None => {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            _ => break,
        }
    }
    tokio::time::sleep(drain).await;
}

/// Asks the engine what became of a container whose stream broke off.
async fn lost(engine: &Engine, name: &str, reason: String) -> Ended {
    match engine.docker.inspect_container(name, None).await.map_err(faults::engine("look at an ended container")) {
        Ok(found) => Ended::Lost { oom_killed: found.state.and_then(|state| state.oom_killed).unwrap_or(false), reason },
        Err(SandboxError::Unavailable { reason: away }) => Ended::Away(format!("{reason}; {away}")),
        Err(_) => Ended::Lost { oom_killed: false, reason },
    }
}

fn before_the_start(ending: Ending, isolation: Value) -> Exit {
    let usage = Usage { source: "none".into(), ..Usage::default() };
    Exit { ending, output: None, exit_code: None, log_bytes: 0, isolation, usage, warm: false }
}
