//! How a run ended, in words that its developer can act on.

use domain::ports::sandbox::{Ending, Failure, FailureCode, RunLimits, SandboxError, Usage};
use serde_json::Value;

use super::{answer, frames::FrameError, report::ExitReport, transcript::Transcript};

/// What ended the conversation with the supervisor.
#[derive(Debug)]
pub(super) enum Ended {
    /// The supervisor told the end: its last frame is in the transcript.
    Told,
    Cancelled,
    /// The worker's own deadline passed.
    Overdue,
    /// The engine itself is away.
    Away(String),
    /// The container is gone without a word.
    Lost {
        oom_killed: bool,
        reason: String,
    },
    /// Bytes came that no supervisor of ours sends.
    Forged(FrameError),
}

/// The ending and the answer; only a run that completed has one.
///
/// # Errors
/// When nobody can say that the agent is to blame: the run did not count.
pub(super) fn classify(ended: &Ended, transcript: &Transcript, limits: &RunLimits) -> Result<(Ending, Option<Value>), SandboxError> {
    let failed = |code, message: String| Ok((Ending::Failed(Failure::new(code, message)), None));
    match ended {
        Ended::Cancelled => Ok((Ending::Cancelled, None)),
        // The agent never ran: an engine that hangs is nobody's timeout.
        Ended::Overdue if transcript.started.is_none() => Err(SandboxError::Engine {
            attempted: "start the agent".into(),
            reason: format!("nothing was heard of it for {} s", limits.run_seconds_max),
        }),
        Ended::Overdue => failed(FailureCode::Timeout, timeout(limits)),
        Ended::Away(reason) => Err(SandboxError::Unavailable { reason: reason.clone() }),
        Ended::Lost { oom_killed: true, .. } => failed(FailureCode::OutOfMemory, out_of_memory(limits)),
        Ended::Lost { reason, .. } => match transcript.started {
            Some(_) => Err(SandboxError::BrokeOff { reason: reason.clone() }),
            None => Err(SandboxError::Engine { attempted: "start the agent".into(), reason: reason.clone() }),
        },
        Ended::Forged(error) => {
            failed(FailureCode::Isolation, format!("the container said what its supervisor never says, so it was killed: {error}"))
        }
        Ended::Told => match (&transcript.failed, &transcript.exit) {
            (Some(refusal), _) => match refusal.code.as_str() {
                "entry_point_missing" | "entry_point_not_executable" => failed(FailureCode::EntryPoint, refusal.message.clone()),
                "input_too_large" => failed(FailureCode::InputTooLarge, refusal.message.clone()),
                code => Err(SandboxError::Engine { attempted: "start the agent".into(), reason: format!("{code}: {}", refusal.message) }),
            },
            (None, Some(exit)) => Ok(match of_exit(exit, limits) {
                Some((code, message)) => (Ending::Failed(Failure::new(code, message)), None),
                None => match answer::of(transcript, limits) {
                    Ok(answer) => (Ending::Completed, Some(answer)),
                    Err(failure) => (Ending::Failed(failure), None),
                },
            }),
            (None, None) => Err(SandboxError::BrokeOff { reason: "no last frame came".into() }),
        },
    }
}

fn of_exit(exit: &ExitReport, limits: &RunLimits) -> Option<(FailureCode, String)> {
    if exit.timed_out {
        return Some((FailureCode::Timeout, timeout(limits)));
    }
    if exit.flooded {
        let message = format!("the agent wrote more than {} bytes of log, so it was killed", limits.log_flood_bytes_max);
        return Some((FailureCode::LogFlood, message));
    }
    match (exit.code, exit.signal) {
        (Some(0), _) => None,
        // A helper that was killed for memory usually shows as some other failure of its parent.
        _ if exit.oom_killed => Some((FailureCode::OutOfMemory, out_of_memory(limits))),
        (Some(code), _) => Some((FailureCode::ExitCode, format!("the agent ended with exit code {code}"))),
        (None, signal) => {
            let signal = signal.unwrap_or(0);
            Some((FailureCode::Signal, format!("signal {signal}{} ended the agent", name_of(signal))))
        }
    }
}

fn timeout(limits: &RunLimits) -> String {
    format!("the agent ran longer than {} s, so it was killed", limits.run_seconds_max)
}

fn out_of_memory(limits: &RunLimits) -> String {
    format!("the agent and its files in /tmp, /output and /dev/shm needed more than {} MiB of memory", limits.memory_mib_max)
}

fn name_of(signal: i32) -> &'static str {
    match signal {
        4 => " (SIGILL, an instruction that this processor does not have)",
        6 => " (SIGABRT, it gave up by itself)",
        7 => " (SIGBUS)",
        8 => " (SIGFPE)",
        9 => " (SIGKILL)",
        11 => " (SIGSEGV, it touched memory that is not its own)",
        13 => " (SIGPIPE)",
        15 => " (SIGTERM)",
        25 => " (SIGXFSZ, it wrote a file that is too large)",
        31 => " (SIGSYS, it made a system call that is closed)",
        _ => "",
    }
}

/// What the run used, as far as anybody measured it.
pub(super) fn usage(transcript: &Transcript) -> Usage {
    if let Some(exit) = &transcript.exit {
        return Usage {
            cpu_ms: exit.cpu_ms,
            memory_peak_bytes: exit.memory_peak_bytes,
            wall_ms: exit.wall_ms,
            source: exit.usage_source.clone(),
        };
    }
    let wall = transcript.started.map(|started| started.elapsed().as_millis()).unwrap_or_default();
    Usage { wall_ms: u64::try_from(wall).unwrap_or(u64::MAX), source: "none".into(), ..Usage::default() }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn only_an_agent_that_was_started_can_run_too_long() {
        let limits = RunLimits::default();
        let mut transcript = Transcript::default();
        assert!(matches!(classify(&Ended::Overdue, &transcript, &limits), Err(SandboxError::Engine { .. })));
        transcript.started = Some(Instant::now());
        let ended = classify(&Ended::Overdue, &transcript, &limits);
        assert!(matches!(ended, Ok((Ending::Failed(Failure { code: FailureCode::Timeout, .. }), None))));
    }
}
