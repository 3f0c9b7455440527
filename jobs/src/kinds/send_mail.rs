use entities::id::MailId;
use serde::{Deserialize, Serialize};

use super::{Job, JobKind};
use crate::policy::{Backoff, Limit, Policy, Pool};

/// Hand one mail to the mail server. Safe to repeat: a mail that was sent is not sent again, and one that may have been goes out under the same Message-ID.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendMail {
    pub mail_id: MailId,
}

impl Job for SendMail {
    const KIND: JobKind = JobKind::SendMail;
    const FIELDS: Option<&'static str> = Some("`mail_id` (mal_…)");
    const POLICY: Policy = Policy {
        pool: Pool::Notify,
        failures_max: 12,
        deaths_max: 3,
        run_seconds_max: Limit::Seconds(120),
        // 5 s … 1 h: a mail server that says "later" (greylisting) means minutes, a full mailbox hours.
        backoff: Backoff { base_ms: 5_000, max_ms: 3_600_000, jitter_percent: 20 },
        // Somebody is waiting for a code.
        priority: 6,
    };
}
