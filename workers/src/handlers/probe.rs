//! `probe`: shows that the queue works.

use std::time::Duration;

use jobs::kinds::{Probe, ProbeAction};
use jobs::{JobError, Outcome, Run};
use serde_json::json;

use super::Settings;
use crate::outcome::Handled;

/// # Errors
/// Never; a probe that is to fail answers a failure.
pub async fn handle(settings: &Settings, job: Probe, run: &Run) -> Handled {
    Ok(match job.action {
        ProbeAction::Succeed => Outcome::Succeeded(json!({ "attempt": run.attempt() })),
        ProbeAction::Wait { wait_ms } => {
            run.log(format!("waiting {wait_ms} ms"));
            tokio::select! {
                () = run.cancel().cancelled() => Outcome::Cancelled,
                () = tokio::time::sleep(Duration::from_millis(wait_ms)) => {
                    run.log("done waiting");
                    Outcome::Succeeded(json!({ "attempt": run.attempt() }))
                }
            }
        }
        ProbeAction::Fail => Outcome::Errored(JobError::new("probe-failed", "the probe was told to fail")),
        ProbeAction::Abort if settings.probes_may_abort =>
        {
            #[expect(clippy::disallowed_methods, reason = "the probe shows what a crash does, so it crashes")]
            std::process::abort()
        }
        ProbeAction::Abort => Outcome::Failed(JobError::new("probe-refused", "a probe may not end a production worker")),
    })
}
