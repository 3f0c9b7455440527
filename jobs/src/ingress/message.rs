//! What travels: a kind and its payload; and why some messages never become a job.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::door::Door;
use crate::enqueue::NewJob;
use crate::kinds::JobKind;
use crate::store::ingress_messages::Arrival;

/// The largest message that becomes a job.
pub const MESSAGE_BYTES_MAX: usize = 256 << 10;

/// The longest task id; a UUID has 36, a ULID 26.
const TASK_ID_BYTES_MAX: usize = 255;

/// A job may be pushed so long before its time; what is later is a time in another unit.
const AHEAD_MAX: Duration = Duration::from_hours(366 * 24);

/// A job as another service asks for it. In Redis it is JSON: `{"kind": "probe", "payload": {"action": "succeed"}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// A word of [`JobKind`].
    pub kind: String,
    /// What the kind asks for.
    pub payload: Value,
}

/// A message as it lies in Redis.
#[derive(Debug)]
pub struct Found {
    pub task_id: Vec<u8>,
    pub delay: Duration,
    /// Of the message, also when it is too large to be read.
    pub bytes: usize,
    pub body: Vec<u8>,
}

/// Why a message is dead.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the task id is no text of 1 … {TASK_ID_BYTES_MAX} bytes without NUL")]
    TaskId,
    #[error("there is no message under the task id")]
    Absent,
    #[error("the message has {bytes} bytes; {MESSAGE_BYTES_MAX} are the most")]
    TooLarge { bytes: usize },
    #[error("the message is not JSON of the form {{\"kind\": …, \"payload\": …}}: {0}")]
    Undecodable(serde_json::Error),
    #[error("the message holds a NUL, which no text in the database may have")]
    Nul,
    #[error("there is no job kind `{0}`")]
    UnknownKind(String),
    #[error("jobs of kind `{0}` may not come in through this queue")]
    ClosedKind(JobKind),
    #[error("the payload is none of a `{kind}` job: {source}")]
    Payload { kind: JobKind, source: serde_json::Error },
    #[error("its time lies more than a year ahead; it is counted in seconds since 1970")]
    TooFarAhead,
    #[error("the database refused the job: {0}")]
    Database(String),
}

impl Found {
    /// The job that the message asks for.
    pub fn arrival(&self, door: &Door) -> Result<Arrival, Refusal> {
        let task_id = std::str::from_utf8(&self.task_id).ok();
        let task_id = task_id.filter(|id| (1..=TASK_ID_BYTES_MAX).contains(&id.len()) && !id.contains('\0')).ok_or(Refusal::TaskId)?;
        match self.bytes {
            0 => return Err(Refusal::Absent),
            bytes if bytes > MESSAGE_BYTES_MAX => return Err(Refusal::TooLarge { bytes }),
            _ => {}
        }
        let Message { kind, payload } = serde_json::from_slice(&self.body).map_err(Refusal::Undecodable)?;
        if holds_nul(&payload) {
            return Err(Refusal::Nul);
        }
        let kind = JobKind::named(&kind).ok_or(Refusal::UnknownKind(kind))?;
        if !door.kinds.contains(&kind) {
            return Err(Refusal::ClosedKind(kind));
        }
        let job = kind.job(&payload).map_err(|source| Refusal::Payload { kind, source })?;
        if self.delay > AHEAD_MAX {
            return Err(Refusal::TooFarAhead);
        }
        let job = NewJob { delay: self.delay, ..job }.created_by(format!("ingress:{}", door.queue));
        Ok(Arrival { task_id: task_id.to_owned(), job })
    }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
