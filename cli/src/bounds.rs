//! The bounds of settings that are numbers: outside of them a process would start, and nothing would work. What their members check
//! themselves (`jobs`, `limits`, most of `sandbox`, `scheduler`, `solana`) is not here.

use jobs::Pool;
use platform::config::{Config, OutOfRange};

use crate::settings::Settings;

const DAY_SECONDS: u64 = 86_400;
const HOUR_SECONDS: u64 = 3_600;
const CENTURY_DAYS: u64 = 36_500;
const CENTURY_SECONDS: u64 = CENTURY_DAYS * DAY_SECONDS;
const GIB: u64 = 1 << 30;

/// Section, field, what it is, the least and the most that it may be.
type Bound = (&'static str, &'static str, u64, u64, u64);

/// # Errors
/// The first setting that is out of its bounds, and where it was written.
pub fn check(settings: &Settings, config: &Config) -> Result<(), OutOfRange> {
    let rows = [
        reach(settings),
        pools(settings),
        ways_in(settings),
        agents(settings),
        runs(settings),
        keeping(settings),
        outward(settings),
        deposits(settings),
    ];
    match rows.concat().into_iter().find(|(_, _, given, least, most)| !(*least..=*most).contains(given)) {
        Some((section, field, given, least, most)) => {
            Err(OutOfRange { place: None, section, field, given, least, most }.written_in(config))
        }
        None => Ok(()),
    }
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn reach(settings: &Settings) -> Vec<Bound> {
    let (api, database) = (&settings.api, &settings.database);
    vec![
        ("database", "connections_max", database.connections_max.into(), 1, 10_000),
        ("database", "acquire_seconds_max", database.acquire_seconds_max, 1, HOUR_SECONDS),
        ("database", "busy_seconds_max", database.busy_seconds_max, 1, HOUR_SECONDS),
        // An input as large as it may be fits into a body, with what stands around it.
        ("api", "body_bytes_max", wide(api.body_bytes_max), body_bytes_min(settings), GIB),
        ("api", "body_depth_max", wide(api.body_depth_max), 1, 128),
        ("api", "request_seconds_max", api.request_seconds_max, 1, HOUR_SECONDS),
        ("api", "followers_max", wide(api.followers_max), 1, 1_000_000),
        ("api", "followers_of_caller_max", wide(api.followers_of_caller_max), 1, 1_000_000),
        ("api", "drain_seconds_max", api.drain_seconds_max, 0, HOUR_SECONDS),
        ("api", "access_token_seconds", api.access_token_seconds, 1, 7 * DAY_SECONDS),
        // A page has one row in any case; with less than this it would have no second one.
        ("lists", "page_bytes_max", wide(settings.lists.page_bytes_max), 1_024, GIB),
    ]
}

/// Bytes of a request to run an agent beside its input.
const AROUND_INPUT_BYTES: u64 = 1_024;

fn body_bytes_min(settings: &Settings) -> u64 {
    (u64::from(settings.executions.input_bytes_max) + AROUND_INPUT_BYTES).min(GIB)
}

fn pools(settings: &Settings) -> Vec<Bound> {
    let row = |pool: Pool| -> Bound { ("pools", pool.name(), settings.pools.of(pool).into(), 1, 10_000) };
    Pool::ALL.into_iter().map(row).collect()
}

fn ways_in(settings: &Settings) -> Vec<Bound> {
    let (sign_in, devices) = (&settings.sign_in, &settings.devices);
    vec![
        ("sign_in", "nonce_seconds", sign_in.nonce_seconds.into(), 1, DAY_SECONDS),
        ("sign_in", "nonce_failures_max", sign_in.nonce_failures_max.into(), 1, 1_000),
        ("sign_in", "issued_seconds_max", sign_in.issued_seconds_max.into(), 1, DAY_SECONDS),
        ("sign_in", "code_seconds", sign_in.code_seconds.into(), 1, DAY_SECONDS),
        ("sign_in", "code_tries_max", sign_in.code_tries_max.into(), 1, 100),
        ("devices", "code_seconds", devices.code_seconds.into(), 1, DAY_SECONDS),
        ("devices", "signature_seconds_max", devices.signature_seconds_max.into(), 1, DAY_SECONDS),
    ]
}

fn agents(settings: &Settings) -> Vec<Bound> {
    let agents = &settings.agents;
    vec![
        ("agents", "agents_max", agents.agents_max.into(), 1, 1_000_000),
        ("agents", "versions_max", agents.versions_max.into(), 1, 1_000_000),
    ]
}

fn runs(settings: &Settings) -> Vec<Bound> {
    let runs = &settings.executions;
    vec![
        ("executions", "memory_mib_max", runs.memory_mib_max, 16, 1 << 20),
        // An engine refuses less than a hundredth of a core.
        ("executions", "cpu_millis_max", runs.cpu_millis_max.into(), 10, 1_000_000),
        ("executions", "run_seconds_max", runs.run_seconds_max.into(), 1, DAY_SECONDS),
        // The supervisor is one of them.
        ("executions", "processes_max", runs.processes_max.into(), 2, 1 << 20),
        ("executions", "files_max", runs.files_max.into(), 16, 1 << 20),
        ("executions", "tmp_mib_max", runs.tmp_mib_max.into(), 1, 1 << 20),
        ("executions", "input_bytes_max", runs.input_bytes_max.into(), 2, GIB),
        // One frame of the supervisor.
        ("executions", "output_bytes_max", runs.output_bytes_max.into(), 2, 1 << 20),
        ("executions", "log_flood_bytes_max", runs.log_flood_bytes_max, 1_024, 1 << 50),
        // A first half, the mark, and a last half.
        ("executions", "log_lines_max", runs.log_lines_max.into(), 3, 10_000_000),
        // A run that waits for its image comes back every five seconds; this long it holds a place.
        ("sandbox", "pull_wait_seconds_max", settings.sandbox.pull_wait_seconds_max, 1, HOUR_SECONDS),
    ]
}

fn keeping(settings: &Settings) -> Vec<Bound> {
    let keeping = &settings.keeping;
    vec![
        ("keeping", "idempotency_seconds", keeping.idempotency_seconds.into(), 1, CENTURY_SECONDS),
        ("keeping", "events_seconds", keeping.events_seconds.into(), 1, CENTURY_SECONDS),
        ("keeping", "event_topics_days", keeping.event_topics_days.into(), 1, CENTURY_DAYS),
        ("keeping", "login_link_seconds", keeping.login_link_seconds.into(), 1, CENTURY_SECONDS),
        ("keeping", "executions_days", keeping.executions_days.into(), 1, CENTURY_DAYS),
        ("keeping", "api_audit_days", keeping.api_audit_days.into(), 1, CENTURY_DAYS),
        ("keeping", "mails_seconds", keeping.mails_seconds.into(), 1, CENTURY_SECONDS),
        // A delivery is tried for three days.
        ("keeping", "webhook_deliveries_days", keeping.webhook_deliveries_days.into(), 4, CENTURY_DAYS),
    ]
}

fn outward(settings: &Settings) -> Vec<Bound> {
    vec![
        ("outbound", "connect_seconds_max", settings.outbound.connect_seconds_max.into(), 1, HOUR_SECONDS),
        ("mail", "send_seconds_max", settings.mail.send_seconds_max.into(), 1, HOUR_SECONDS),
        ("webhooks", "answer_seconds_max", settings.webhooks.answer_seconds_max.into(), 1, 45),
        ("webhooks", "payload_bytes_max", settings.webhooks.payload_bytes_max.into(), 256, 1 << 20),
        ("webhooks", "failing_hours_max", settings.webhooks.failing_hours_max.into(), 1, 24 * CENTURY_DAYS),
        ("webhooks", "behind_hours_max", settings.webhooks.behind_hours_max.into(), 1, 24 * CENTURY_DAYS),
    ]
}

fn deposits(settings: &Settings) -> Vec<Bound> {
    let deposits = &settings.deposits;
    vec![
        // As many as a node gives at once.
        ("deposits", "page_signatures", wide(deposits.page_signatures), 1, 1_000),
        ("deposits", "pages_max", deposits.pages_max.into(), 1, 1_000),
        ("deposits", "transactions_max", deposits.transactions_max.into(), 1, 100_000),
        ("deposits", "requests_max", wide(deposits.requests_max), 1, 100),
        ("deposits", "overlap_slots", deposits.overlap_slots.into(), 0, 100_000),
        ("deposits", "wait_seconds_max", deposits.wait_seconds_max.into(), 1, DAY_SECONDS),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_number_with_which_nothing_would_work_is_refused_where_it_was_written() {
        for (variable, given, said) in [
            ("TALLYMAN_LISTS_PAGE_BYTES_MAX", "0", "lists.page_bytes_max is 0; it has to be 1024 … 1073741824"),
            ("TALLYMAN_AGENTS_AGENTS_MAX", "0", "agents.agents_max is 0; it has to be 1 … 1000000"),
            ("TALLYMAN_AGENTS_VERSIONS_MAX", "0", "agents.versions_max is 0; it has to be 1 … 1000000"),
            ("TALLYMAN_API_FOLLOWERS_MAX", "0", "api.followers_max is 0; it has to be 1 … 1000000"),
            ("TALLYMAN_API_FOLLOWERS_OF_CALLER_MAX", "0", "api.followers_of_caller_max is 0; it has to be 1 … 1000000"),
            ("TALLYMAN_API_BODY_BYTES_MAX", "1048576", "api.body_bytes_max is 1048576; it has to be 1049600 … 1073741824"),
            ("TALLYMAN_EXECUTIONS_LOG_LINES_MAX", "2", "executions.log_lines_max is 2; it has to be 3 … 10000000"),
            ("TALLYMAN_SANDBOX_PULL_WAIT_SECONDS_MAX", "0", "sandbox.pull_wait_seconds_max is 0; it has to be 1 … 3600"),
            ("TALLYMAN_WEBHOOKS_FAILING_HOURS_MAX", "0", "webhooks.failing_hours_max is 0; it has to be 1 … 876000"),
            ("TALLYMAN_WEBHOOKS_BEHIND_HOURS_MAX", "0", "webhooks.behind_hours_max is 0; it has to be 1 … 876000"),
            ("TALLYMAN_SCHEDULER_LOOK_MS", "0", "scheduler.look_ms is 0; it has to be 10 … 60000"),
        ] {
            let environment = BTreeMap::from([(variable.to_owned(), given.to_owned())]);
            let refused = Settings::of(&environment).expect_err("it is out of its bounds");
            assert_eq!(refused.to_string(), format!("{variable}: {said}"));
        }
    }
}
