use entities::id::ExecutionId;
use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool};

/// Run one agent in one container. Safe to repeat: a second attempt finds the first one's container by its recorded name.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunAgent {
    pub execution_id: ExecutionId,
}

impl Job for RunAgent {
    const KIND: JobKind = JobKind::RunAgent;
    const FIELDS: Option<&'static str> = Some("`execution_id` (exe_…)");
    const POLICY: Policy = Policy {
        pool: Pool::Containers,
        failures_max: 3,
        deaths_max: 3,
        run_seconds_max: Limit::OfExecution { extra_seconds: 30 },
        backoff: Backoff::STEADY,
        priority: Policy::NORMAL,
    };

    fn resource(&self) -> Option<String> {
        Some(format!("/v1/executions/{}", self.execution_id))
    }
}
