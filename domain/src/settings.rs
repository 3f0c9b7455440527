//! The bounds that an operator may move. `cli` reads each part from the section of its name.

use serde::Deserialize;

use crate::agents;
use crate::api_keys;
use crate::deposits;
use crate::devices;
use crate::limits;
use crate::paging;
use crate::payments;
use crate::ports::sandbox::RunLimits;
use crate::settlements;
use crate::sign_in::Settings as SignInSettings;
use crate::siws::Site;
use crate::webhooks::Settings as WebhookSettings;

/// The settings of the rules.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Section `agents`: how many a user may have, and how often one may change.
    pub agents: agents::Settings,
    /// Section `api_keys`: how many keys there may be, and for how long.
    pub api_keys: api_keys::Settings,
    /// Section `deposits`: how the chain is read.
    pub deposits: deposits::Settings,
    /// Section `devices`: how devices are paired, and how fresh what they sign has to be.
    pub devices: devices::Settings,
    /// Section `executions`: the cage of one run.
    pub executions: RunLimits,
    /// Section `keeping`: how long rows are kept.
    pub keeping: Keeping,
    /// Section `limits`: how often something may happen.
    pub limits: limits::Settings,
    /// Section `lists`: how large a page may be.
    pub lists: paging::Settings,
    /// Section `payments`: what agents pay with, and how payments are gathered.
    pub payments: payments::Settings,
    /// Section `settlements`: how payouts become batches, and what these may cost.
    pub settlements: settlements::Settings,
    /// Section `sign_in`: how people get in, and for how long.
    pub sign_in: SignInSettings,
    /// Section `webhooks`: how many there may be, and how they are called.
    pub webhooks: WebhookSettings,
    /// Our own name in the messages that wallets sign.
    pub site: Site,
}

/// How long rows are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keeping {
    /// How long a repeated request gets its first answer again.
    pub idempotency_seconds: u32,
    /// How long a repeated request waits while the first one is still being carried out.
    pub idempotency_wait_ms: u32,
    /// How long a topic can be resumed.
    pub events_seconds: u32,
    /// How long it is known how far a topic is that nothing was said on. Afterwards it starts anew.
    pub event_topics_days: u32,
    /// How long a one-time login link works.
    pub login_link_seconds: u32,
    /// How long a link is remembered that was used or is out of date.
    pub login_links_days: u32,
    /// How long a run is kept after its end, with all that came of it.
    pub executions_days: u32,
    /// How long the lines of an agent are kept after the run's end; never longer than the run.
    pub execution_logs_days: u32,
    /// How long it is kept who did what in operations.
    pub api_audit_days: u32,
    /// How long it is known which mails went where. What stood in them is erased once they are sent.
    pub mails_seconds: u32,
    /// How long deliveries of webhooks are kept, with their requests. Longer than they are tried: four days at least.
    pub webhook_deliveries_days: u32,
}

impl Default for Keeping {
    fn default() -> Self {
        Self {
            idempotency_seconds: 86_400,
            idempotency_wait_ms: 10_000,
            events_seconds: 86_400,
            event_topics_days: 365,
            login_link_seconds: 86_400,
            login_links_days: 7,
            executions_days: 30,
            execution_logs_days: 30,
            api_audit_days: 365,
            mails_seconds: 30 * 86_400,
            webhook_deliveries_days: 30,
        }
    }
}
