//! One file per step. The name carries the order.

use crate::dialect::Step;

mod m0001_queue;
mod m0002_people;
mod m0003_agents;
mod m0004_executions;
mod m0005_searches;
mod m0006_sqlite_errors;
mod m0007_mails;
mod m0008_limits;
mod m0009_agent_numbers;
mod m0010_sign_in;
mod m0011_api_keys;
mod m0012_profiles;
mod m0013_device_links;
mod m0014_webhooks;
mod m0015_email_codes;
mod m0016_trouble;
mod m0017_identity;
mod m0018_webhook_backlogs;
mod m0020_ledger;
mod m0021_tokens;
mod m0022_waiting;
mod m0023_payment_intents;
mod m0025_deposits;
mod m0026_settlements;
mod m0027_waiting_since;
mod m0028_webhook_trouble;

pub fn steps() -> Vec<Step> {
    vec![
        m0001_queue::STEP,
        m0002_people::STEP,
        m0003_agents::STEP,
        m0004_executions::STEP,
        m0005_searches::STEP,
        m0006_sqlite_errors::STEP,
        m0007_mails::STEP,
        m0008_limits::STEP,
        m0009_agent_numbers::STEP,
        m0010_sign_in::STEP,
        m0011_api_keys::STEP,
        m0012_profiles::STEP,
        m0013_device_links::STEP,
        m0014_webhooks::STEP,
        m0015_email_codes::STEP,
        m0016_trouble::STEP,
        m0017_identity::STEP,
        m0018_webhook_backlogs::STEP,
        m0020_ledger::STEP,
        m0021_tokens::STEP,
        m0022_waiting::STEP,
        m0023_payment_intents::STEP,
        m0025_deposits::STEP,
        m0026_settlements::STEP,
        m0027_waiting_since::STEP,
        m0028_webhook_trouble::STEP,
    ]
}
