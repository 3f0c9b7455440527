//! Running one container image once, in a cage.

use std::time::Duration;

use async_trait::async_trait;
use entities::id::{ExecutionId, JobId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// An engine that runs untrusted images. One implementation talks to Docker or Podman, one is a fake.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// The digest (`sha256:…`) that `image` means right now, after the pull policy has been followed.
    ///
    /// # Errors
    /// [`SandboxError::Image`] when the image is not there, is refused by the allow list or has another digest than it names;
    /// [`SandboxError::Unavailable`] when the engine does not answer, [`SandboxError::Registry`] when the registry does not,
    /// [`SandboxError::Pulling`] when the image is on its way: ask again.
    async fn resolve(&self, image: &str) -> Result<ImageDigest, SandboxError>;

    /// Run the image once and wait for its end. Dropping the future or firing `cancel` kills the container within five seconds;
    /// the container is removed in every case.
    ///
    /// # Errors
    /// Faults of the infrastructure: the run did not count and may be repeated. [`SandboxError::BrokeOff`] says that the agent had been started.
    /// Everything that the agent did wrong is an [`Ending`], never an error.
    async fn run(&self, spec: &RunSpec, logs: &dyn LogSink, cancel: &CancellationToken) -> Result<Exit, SandboxError>;

    /// Remove every recorded container whose run is over or whose worker is gone, and nothing else. Answers how many.
    ///
    /// # Errors
    /// [`SandboxError::Unavailable`] when the engine does not answer.
    async fn sweep(&self) -> Result<u64, SandboxError>;

    /// Whether the engine answers, and what it is (`docker 28.2.2`).
    ///
    /// # Errors
    /// [`SandboxError::Unavailable`] with the reason.
    async fn ping(&self) -> Result<String, SandboxError>;
}

/// Where a sandbox writes down what it creates, before it creates it. `domain::executions::containers` implements it over SQL.
#[async_trait]
pub trait ContainerLog: Send + Sync {
    /// Record a container that is about to be created and lease it a uid of its own on this daemon.
    async fn open(&self, opening: Opening) -> Result<Opened, SandboxError>;
    /// Bind a parked container to the execution that it will serve.
    async fn bind(&self, name: &str, execution_id: ExecutionId, attempt: u32) -> Result<(), SandboxError>;
    /// Record that a container is gone; its uid is free again.
    async fn close(&self, name: &str) -> Result<(), SandboxError>;
    /// Recorded containers on this daemon whose run is over, or whose worker has not been heard of for its lease.
    async fn abandoned(&self, daemon: &str) -> Result<Vec<String>, SandboxError>;
}

/// What is known of a container before it exists.
#[derive(Debug, Clone)]
pub struct Opening {
    /// Which daemon: its own id, as the engine tells it.
    pub daemon: String,
    /// The execution and the attempt that it is for; `None` for a parked one of the warm pool.
    pub run: Option<(ExecutionId, u32)>,
    /// The first and one past the last uid that may be leased on this daemon.
    pub uids: std::ops::Range<u32>,
}

/// A recorded container.
#[derive(Debug, Clone)]
pub struct Opened {
    /// `tm-<installation>-<execution>-<attempt>`, or `tm-<installation>-warm-<id>`.
    pub name: String,
    /// The uid and gid that nobody else on this daemon runs under now.
    pub uid: u32,
}

/// `sha256:<64 hex>`
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImageDigest(pub String);

/// All that one run needs.
#[derive(Debug, Clone)]
pub struct RunSpec {
    pub execution_id: ExecutionId,
    pub job_id: JobId,
    pub attempt: u32,
    /// The reference as the developer wrote it, for messages.
    pub image: String,
    /// What runs: the pinned digest. `None` only for `tallyman try`.
    pub digest: Option<ImageDigest>,
    pub input: Value,
    pub limits: RunLimits,
}

/// The bounds of one run. The defaults are those of the product: 512 MiB, half a CPU, no network, 300 s, 1 MiB of kept output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunLimits {
    pub memory_mib_max: u64,
    pub cpu_millis_max: u32,
    pub run_seconds_max: u32,
    pub processes_max: u32,
    pub files_max: u32,
    pub tmp_mib_max: u32,
    pub output_bytes_max: u32,
    pub log_bytes_max: u32,
    /// Lines that are kept of one attempt: head and tail, with a mark between them.
    pub log_lines_max: u32,
    pub log_flood_bytes_max: u64,
    pub input_bytes_max: u32,
}

impl Default for RunLimits {
    fn default() -> Self {
        Self {
            memory_mib_max: 512,
            cpu_millis_max: 500,
            run_seconds_max: 300,
            processes_max: 128,
            files_max: 256,
            tmp_mib_max: 64,
            output_bytes_max: 1 << 20,
            log_bytes_max: 1 << 20,
            log_lines_max: 20_000,
            log_flood_bytes_max: 64 << 20,
            input_bytes_max: 1 << 20,
        }
    }
}

/// What came of a run that took place.
#[derive(Debug, Clone)]
pub struct Exit {
    pub ending: Ending,
    /// What the agent answered: `/output/output.json`, else the last line of standard output that parses as JSON.
    pub output: Option<Value>,
    pub exit_code: Option<i32>,
    pub log_bytes: u64,
    /// The isolation in effect: what the supervisor saw from inside beside what `inspect` says.
    pub isolation: Value,
    pub usage: Usage,
    /// Whether a parked container served the run.
    pub warm: bool,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The agent ended with exit code 0; its output still has to meet its schema.
    Completed,
    /// Somebody asked for the end.
    Cancelled,
    /// The agent's own failure, with a sentence that its developer can act on.
    Failed(Failure),
}

/// Why a run failed, for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub code: FailureCode,
    /// For whoever made or runs the agent: no path and no address of the house stands in it.
    pub message: String,
    /// The words of the engine or of a registry, for those who run the house. It is not stored with the execution.
    #[serde(skip)]
    pub heard: Option<String>,
}

impl Failure {
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), heard: None }
    }

    /// What the engine or a registry said about it.
    #[must_use]
    pub fn hearing(self, words: impl Into<String>) -> Self {
        Self { heard: Some(words.into()), ..self }
    }
}

/// The catalogue of failures, as `failure.code` shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// The wall clock ran out.
    Timeout,
    /// The memory limit was reached and the kernel ended the agent.
    OutOfMemory,
    /// The agent ended with an exit code other than 0.
    ExitCode,
    /// A signal ended the agent.
    Signal,
    /// Neither a JSON line nor an output file.
    NoOutput,
    /// The output file is a symlink, a FIFO, a directory or another thing that is not a plain file.
    OutputNotRegular,
    /// The output is larger than its limit.
    OutputTooLarge,
    /// The output file is not JSON or cannot be read.
    OutputNotJson,
    /// The output does not meet the agent's output schema.
    OutputSchema,
    /// The agent went on writing past every bound.
    LogFlood,
    /// The image is not on this engine and may not or cannot be pulled.
    ImageMissing,
    /// The image's digest is not the pinned one.
    ImageDigest,
    /// The image asks for what is not given: a volume too many, a platform that the engine cannot run.
    ImageRefused,
    /// The image names no entry point, or one that does not exist or cannot be executed.
    EntryPoint,
    /// The cage was weaker than asked, so the agent was not started.
    Isolation,
    /// The input is larger than its limit.
    InputTooLarge,
}

/// What a run used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub cpu_ms: u64,
    pub memory_peak_bytes: u64,
    pub wall_ms: u64,
    /// Who measured: `cgroup`, `wait4`, or `none` when the run ended before anybody could.
    pub source: String,
}

/// Takes the agent's lines while it runs. A slow sink slows the agent down, never the engine.
#[async_trait]
pub trait LogSink: Send + Sync {
    /// The agent runs now; its lines come after this.
    async fn started(&self) {}

    async fn line(&self, line: LogLine);
}

/// One line of an agent's output, or a cut mark.
#[derive(Debug, Clone)]
pub struct LogLine {
    pub stream: LogStream,
    /// How long after the agent's start.
    pub after: Duration,
    /// Without its line feed; invalid UTF-8 is replaced.
    pub text: String,
}

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogStream {
    Stdout,
    Stderr,
    /// Our own words: a cut mark, a kill.
    System,
}

/// What went wrong on the way, not in the agent.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The image cannot be run, for a reason that its developer can mend.
    #[error("{}", .0.message)]
    Image(Failure),
    #[error("the container engine does not answer: {reason}")]
    Unavailable { reason: String },
    /// It is on its way and has taken longer than a run waits for it. Nothing is wrong.
    #[error("the image `{image}` is being pulled")]
    Pulling { image: String },
    /// Whether there is such an image, only the registry can say, and it did not: nobody there, no such host, too many requests, a disk that is full.
    #[error("the image `{image}` cannot be fetched now: {reason}")]
    Registry { image: String, reason: String },
    /// Nothing of the agent ran.
    #[error("the container engine failed to {attempted}: {reason}")]
    Engine { attempted: String, reason: String },
    /// The agent was started, and nobody can say how it ended.
    #[error("the run broke off: {reason}")]
    BrokeOff { reason: String },
    #[error("no uid is free on daemon {daemon}")]
    NoUid { daemon: String },
}

impl crate::Fault for SandboxError {
    fn class(&self) -> crate::Class {
        match self {
            Self::Image(_) => crate::Class::Refused,
            Self::Unavailable { .. } | Self::Pulling { .. } | Self::Registry { .. } | Self::Engine { .. } | Self::NoUid { .. } => {
                crate::Class::Unavailable
            }
            Self::BrokeOff { .. } => crate::Class::Bug,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Image(_) => "image-refused",
            Self::Unavailable { .. } | Self::Pulling { .. } | Self::Registry { .. } | Self::Engine { .. } | Self::NoUid { .. } => {
                "unavailable"
            }
            Self::BrokeOff { .. } => "internal",
        }
    }
}
