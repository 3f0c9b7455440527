//! The bounds of settings that are numbers: outside of them a process would start, and nothing would work. What their members check
//! themselves (`jobs`, `limits`, `sandbox`, `scheduler`) is not here.

use jobs::Pool;
use platform::config::{Config, Place};

use crate::settings::Settings;

const DAY_SECONDS: u64 = 86_400;
const HOUR_SECONDS: u64 = 3_600;
const CENTURY_DAYS: u64 = 36_500;
const CENTURY_SECONDS: u64 = CENTURY_DAYS * DAY_SECONDS;
const GIB: u64 = 1 << 30;

/// Section, field, what it is, the least and the most that it may be.
type Bound = (&'static str, &'static str, u64, u64, u64);

/// A setting is out of its bounds.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{section}.{field} is {given}; it has to be {least} … {most}", written(place.as_ref()))]
pub struct OutOfBounds {
    place: Option<Place>,
    section: &'static str,
    field: &'static str,
    given: u64,
    least: u64,
    most: u64,
}

fn written(place: Option<&Place>) -> String {
    place.map(|place| format!("{place}: ")).unwrap_or_default()
}

/// # Errors
/// The first setting that is out of its bounds, and where it was written.
pub fn check(settings: &Settings, config: &Config) -> Result<(), OutOfBounds> {
    let rows =
        [reach(settings), pools(settings), ways_in(settings), runs(settings), keeping(settings), outward(settings), deposits(settings)]
            .concat();
    match rows.into_iter().find(|(_, _, given, least, most)| !(*least..=*most).contains(given)) {
        Some((section, field, given, least, most)) => {
            Err(OutOfBounds { place: config.place(section, field).cloned(), section, field, given, least, most })
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
        ("api", "body_bytes_max", wide(api.body_bytes_max), 1_024, GIB),
        ("api", "body_depth_max", wide(api.body_depth_max), 1, 128),
        ("api", "request_seconds_max", api.request_seconds_max, 1, HOUR_SECONDS),
        ("api", "drain_seconds_max", api.drain_seconds_max, 0, HOUR_SECONDS),
        ("api", "access_token_seconds", api.access_token_seconds, 1, 7 * DAY_SECONDS),
    ]
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
