use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Concurrency, Limit, Policy, Pool};

/// Show that the queue works: do nothing for a while, fail, or take the worker down. `abort` is refused in production.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    pub action: ProbeAction,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<ProbeConcurrency>,
}

/// What a probe does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeAction {
    Succeed,
    /// Wait so long, unless cancelled; log a line at the start and at the end.
    Wait {
        wait_ms: u64,
    },
    /// Fail with an error that a retry may mend.
    Fail,
    /// End the whole process at once, as a crash would.
    Abort,
}

/// The bounds that a probe asks for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeConcurrency {
    pub key: String,
    pub running_max: u32,
}

impl Job for Probe {
    const KIND: JobKind = JobKind::Probe;
    const FIELDS: Option<&'static str> = Some(
        "`action` (\"succeed\", {\"wait\": {\"wait_ms\": 1000}}, \"fail\" or \"abort\") and, if wanted, `concurrency` ({\"key\": \"a\", \"running_max\": 1})",
    );
    const POLICY: Policy = Policy {
        pool: Pool::Simulation,
        failures_max: 3,
        deaths_max: 3,
        run_seconds_max: Limit::Seconds(600),
        backoff: Backoff::QUICK,
        priority: Policy::NORMAL,
    };

    fn concurrency(&self) -> Option<Concurrency> {
        let bound = self.concurrency.as_ref()?;
        Some(Concurrency { key: format!("probe:{}", bound.key), running_max: Some(bound.running_max), rate: None })
    }
}
