//! A sandbox without an engine: each run ends as a story says.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::sandbox::{
    Ending, Exit, Failure, FailureCode, ImageDigest, LogLine, LogSink, LogStream, RunSpec, Sandbox, SandboxError, Usage,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// How an engine speaks: of folders that are nobody else's business.
pub const ENGINES_WORDS: &str = "as the story says: stat /var/lib/docker/overlay2/1f/merged: input/output error";

/// How one run ends.
#[derive(Debug, Clone)]
pub enum Script {
    /// The agent writes these lines and answers this.
    Answers { lines: Vec<String>, output: Value },
    /// The agent ends well and answers nothing.
    AnswersNothing,
    /// The agent fails.
    Fails(FailureCode),
    /// The agent runs until it is told to stop.
    RunsUntilStopped,
    /// The engine does not answer.
    EngineAway,
    /// The engine answers that it could not.
    EngineFails,
    /// The registry does not say whether there is such an image.
    RegistryAway,
    /// The image is still on its way.
    Pulling,
    /// The agent was started, and nobody knows how it ended.
    BreaksOff,
    /// The image is not there when it is to be run.
    ImageGone,
    /// The code between us and the engine panics.
    Panics,
}

impl Script {
    /// Whether the agent ever runs.
    fn starts(&self) -> bool {
        matches!(self, Self::Answers { .. } | Self::AnswersNothing | Self::Fails(_) | Self::RunsUntilStopped | Self::BreaksOff)
    }
}

/// Runs scripts instead of images. Without a script, an agent says `hello` and answers its input.
#[derive(Debug, Default)]
pub struct FakeSandbox {
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    scripts: VecDeque<Script>,
    runs: Vec<RunSpec>,
    no_images: bool,
    swept: u64,
}

impl FakeSandbox {
    /// The next run that has no script yet goes like this.
    pub fn next(&self, script: Script) {
        self.told().scripts.push_back(script);
    }

    /// From now on no image can be found, or all can.
    pub fn has_images(&self, has: bool) {
        self.told().no_images = !has;
    }

    /// What was run, in order.
    #[must_use]
    pub fn runs(&self) -> Vec<RunSpec> {
        self.told().runs.clone()
    }

    /// How often it was told to sweep.
    #[must_use]
    pub fn sweeps(&self) -> u64 {
        self.told().swept
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Sandbox for FakeSandbox {
    async fn resolve(&self, image: &str) -> Result<ImageDigest, SandboxError> {
        if self.told().no_images {
            return Err(SandboxError::Image(image_missing()));
        }
        let sum = image.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        Ok(ImageDigest(format!("sha256:{sum:064x}")))
    }

    async fn run(&self, spec: &RunSpec, logs: &dyn LogSink, cancel: &CancellationToken) -> Result<Exit, SandboxError> {
        let script = {
            let mut told = self.told();
            told.runs.push(spec.clone());
            told.scripts.pop_front()
        };
        let script = script.unwrap_or_else(|| Script::Answers { lines: vec!["hello".into()], output: spec.input.clone() });
        if script.starts() {
            logs.started().await;
        }
        match script {
            Script::Answers { lines, output } => {
                let bytes = lines.iter().map(|line| line.len() as u64 + 1).sum();
                for (number, text) in lines.into_iter().enumerate() {
                    let after = Duration::from_millis(u64::try_from(number).unwrap_or(0));
                    logs.line(LogLine { stream: LogStream::Stdout, after, text }).await;
                }
                Ok(Exit { output: Some(output), exit_code: Some(0), log_bytes: bytes, ..exit(Ending::Completed) })
            }
            Script::AnswersNothing => Ok(Exit { exit_code: Some(0), ..exit(Ending::Completed) }),
            Script::Fails(code) => Ok(exit(Ending::Failed(Failure::new(code, "as the story says")))),
            Script::RunsUntilStopped => {
                logs.line(LogLine { stream: LogStream::Stdout, after: Duration::ZERO, text: "working".into() }).await;
                cancel.cancelled().await;
                Ok(exit(Ending::Cancelled))
            }
            Script::EngineAway => Err(SandboxError::Unavailable { reason: ENGINES_WORDS.into() }),
            Script::EngineFails => Err(SandboxError::Engine { attempted: "start a container".into(), reason: ENGINES_WORDS.into() }),
            Script::RegistryAway => Err(SandboxError::Registry { image: spec.image.clone(), reason: ENGINES_WORDS.into() }),
            Script::Pulling => Err(SandboxError::Pulling { image: spec.image.clone() }),
            Script::BreaksOff => Err(SandboxError::BrokeOff { reason: ENGINES_WORDS.into() }),
            Script::ImageGone => Err(SandboxError::Image(image_missing())),
            Script::Panics => panic!("as the story says"),
        }
    }

    async fn sweep(&self) -> Result<u64, SandboxError> {
        self.told().swept += 1;
        Ok(0)
    }

    async fn ping(&self) -> Result<String, SandboxError> {
        Ok("fake 1".into())
    }
}

fn image_missing() -> Failure {
    Failure::new(FailureCode::ImageMissing, "the image is not on this engine").hearing(ENGINES_WORDS)
}

fn exit(ending: Ending) -> Exit {
    Exit {
        ending,
        output: None,
        exit_code: None,
        log_bytes: 0,
        isolation: json!({ "network": "none" }),
        usage: Usage { cpu_ms: 12, memory_peak_bytes: 4 << 20, wall_ms: 34, source: "none".into() },
        warm: false,
    }
}
