//! What came of one attempt.

use std::time::Duration;

use serde_json::Value;

/// Why an attempt or a job failed: a word for programs, a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobError {
    pub code: String,
    pub message: String,
}

impl JobError {
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

/// What a handler says at the end of an attempt. The queue writes it down, provided that the attempt still holds the lease.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Succeeded(Value),
    /// Counts as a failure. Comes back after its backoff, or fails for good when the failures are used up.
    Errored(JobError),
    /// Fails for good, now.
    Failed(JobError),
    Cancelled,
    /// Comes back after `delay`; counts as nothing.
    Snoozed {
        delay: Duration,
        why: String,
    },
    /// The worker is going away; the job is free again at once and counts as nothing.
    Released,
    /// The handler's own transaction has settled the job ([`Run::settle_in`](crate::Run::settle_in)).
    Settled,
}

/// How a handler's own transaction may end a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    Succeeded(Value),
    Failed(JobError),
    Cancelled,
}

impl Settled {
    /// The state that the job ends in, as columns and metrics spell it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Succeeded(_) => "succeeded",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// For a job whose end was decided before this attempt began.
impl From<Settled> for Outcome {
    fn from(settled: Settled) -> Self {
        match settled {
            Settled::Succeeded(result) => Self::Succeeded(result),
            Settled::Failed(error) => Self::Failed(error),
            Settled::Cancelled => Self::Cancelled,
        }
    }
}
