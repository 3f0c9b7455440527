use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool, Unique};

/// Compare the indexes of the database with those of the schema; a missing one fails the job by name. Safe to repeat: what is done already is not found again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidateIndexes {}

impl Job for ValidateIndexes {
    const KIND: JobKind = JobKind::ValidateIndexes;
    const POLICY: Policy = Policy {
        pool: Pool::Upkeep,
        failures_max: 3,
        deaths_max: 3,
        run_seconds_max: Limit::Seconds(120),
        backoff: Backoff::STEADY,
        priority: Policy::NORMAL,
    };

    fn unique(&self) -> Option<Unique> {
        Some(Unique::WhileLive { key: Self::KIND.name().into() })
    }
}
