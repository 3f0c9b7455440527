use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool};

/// Do one thing to every job that matches a filter, a few hundred at a time. Safe to repeat: what is done already does not match any more.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplyBulk {
    pub action: BulkAction,
    /// The filter as `domain::ops` spells it. Jobs that came after `created_before` (microseconds) are left alone.
    pub filter: serde_json::Value,
    pub created_before: i64,
}

/// What to do to each job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkAction {
    Retry,
    Cancel,
    Delete,
}

impl Job for ApplyBulk {
    const KIND: JobKind = JobKind::ApplyBulk;
    const FIELDS: Option<&'static str> = Some(
        "`action` (\"retry\", \"cancel\" or \"delete\"), `filter` (an object as bulk actions take it) and `created_before` (microseconds since 1970)",
    );
    const POLICY: Policy = Policy {
        pool: Pool::Upkeep,
        failures_max: 10,
        deaths_max: 3,
        run_seconds_max: Limit::Seconds(3_600),
        backoff: Backoff::STEADY,
        priority: 6,
    };
}
