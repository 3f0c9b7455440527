//! An execution on the wire.

use domain::entities::id::{AgentId, ExecutionId, JobId, UserId};
use domain::executions::{self, LogEntry, RunRequest};
use domain::ports::sandbox;
use poem_openapi::types::{Any, Example};
use poem_openapi::{Enum, Object};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::v1::agents::mirrored;
use crate::wire::{Count, Id, Time};

mirrored! {
    /// Where an execution stands.
    ExecutionState of executions::State { Queued, Running, Succeeded, Failed, Cancelled }
}
mirrored! {
    /// Where a line came from; `system` are our own words.
    LogStream of executions::Stream { Stdout, Stderr, System }
}

/// What somebody wants to be run.
#[derive(Debug, Object)]
#[oai(example)]
pub struct RunAgentRequest {
    agent_id: Id<AgentId>,
    /// A JSON object that meets the agent's input schema.
    input: Any<Value>,
}

impl Example for RunAgentRequest {
    fn example() -> Self {
        let agent_id = AgentId::from(Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001));
        Self { agent_id: agent_id.into(), input: Any(json!({ "text": "to be or not to be" })) }
    }
}

impl From<RunAgentRequest> for RunRequest {
    fn from(request: RunAgentRequest) -> Self {
        Self { agent_id: request.agent_id.0, input: request.input.0 }
    }
}

/// One run of an agent.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Execution {
    id: Id<ExecutionId>,
    agent_id: Id<AgentId>,
    agent_version: i32,
    user_id: Id<UserId>,
    /// The job that carries it out: `/v1/operations/{job_id}`.
    job_id: Id<JobId>,
    state: ExecutionState,
    /// Why it waits although its turn had come: what it needs is not there now. It is tried again by itself.
    waiting_for: Option<String>,
    /// How often it was started; more than once only for faults that are not the agent's.
    attempt: i32,
    input: Any<Value>,
    /// What the agent answered, once it has succeeded.
    output: Option<Any<Value>>,
    failure: Option<ExecutionFailure>,
    exit_code: Option<i32>,
    /// What exactly ran.
    image_digest: Option<String>,
    /// What the agent wrote in all, also what was not kept.
    log_bytes: Count,
    /// The cage as it was: what was seen from inside beside what the engine says. Empty before the run.
    isolation: Any<Value>,
    usage: ExecutionUsage,
    created_at: Time,
    /// Absent while it waits.
    started_at: Option<Time>,
    finished_at: Option<Time>,
    cancel_requested_at: Option<Time>,
}

/// Why an execution failed.
#[derive(Debug, Object)]
pub struct ExecutionFailure {
    /// A word for programs: `timeout`, `out_of_memory`, `exit_code`, `output_schema`, …
    code: String,
    /// A sentence that the agent's developer can act on.
    message: String,
}

/// What a run used.
#[derive(Debug, Object)]
pub struct ExecutionUsage {
    cpu_ms: Count,
    memory_peak_bytes: Count,
    wall_ms: Count,
    /// Who measured: `cgroup`, `wait4`, or `none`.
    source: String,
}

impl From<executions::Execution> for Execution {
    fn from(row: executions::Execution) -> Self {
        let failure = row.failure_code.map(|code| ExecutionFailure { code, message: row.failure_message.unwrap_or_default() });
        Self {
            id: row.id.into(),
            agent_id: row.agent_id.into(),
            agent_version: row.agent_version,
            user_id: row.user_id.into(),
            job_id: row.job_id.into(),
            state: row.state.into(),
            waiting_for: row.waiting_for,
            attempt: row.attempt,
            input: Any(row.input),
            output: row.output.map(Any),
            failure,
            exit_code: row.exit_code,
            image_digest: row.image_digest,
            log_bytes: row.log_bytes.into(),
            isolation: Any(row.isolation.unwrap_or_else(|| json!({}))),
            usage: ExecutionUsage::of(row.usage),
            created_at: row.created_at.into(),
            started_at: row.started_at.map(Time),
            finished_at: row.finished_at.map(Time),
            cancel_requested_at: row.cancel_requested_at.map(Time),
        }
    }
}

impl ExecutionUsage {
    /// Before the run, and for a run that nobody measured, there is nothing.
    fn of(usage: Option<Value>) -> Self {
        let usage: sandbox::Usage = usage.and_then(|usage| serde_json::from_value(usage).ok()).unwrap_or_default();
        let source = if usage.source.is_empty() { "none".into() } else { usage.source };
        Self { cpu_ms: usage.cpu_ms.into(), memory_peak_bytes: usage.memory_peak_bytes.into(), wall_ms: usage.wall_ms.into(), source }
    }
}

/// One page of executions, newest first.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ExecutionList {
    pub executions: Vec<Execution>,
    /// Absent on the last page.
    pub next_page_token: Option<String>,
}

/// One page of an agent's lines, in their order.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct LogPage {
    pub lines: Vec<LogLine>,
    /// Absent when there are no more lines now.
    pub next_page_token: Option<String>,
}

/// One line of an agent's output.
#[derive(Debug, Object)]
pub struct LogLine {
    /// From 1, over all attempts; only where lines are cut out, which a line says, numbers are missing.
    pub seq: Count,
    pub stream: LogStream,
    pub at: Time,
    pub text: String,
}

impl From<LogEntry> for LogLine {
    fn from(row: LogEntry) -> Self {
        Self { seq: row.seq.into(), stream: row.stream.into(), at: row.at.into(), text: row.text }
    }
}
