//! The queue's own settings.

use std::time::Duration;

use platform::config::{OutOfRange, in_range};
use serde::Deserialize;

/// Section `jobs`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long a worker holds a job without renewing. A dead worker's jobs come back after it, at most two seconds later.
    pub lease_seconds: u32,
    /// The longest that due work waits when every wake-up is lost, and the grain of delays and of pauses between tries.
    pub poll_ms: u32,
    /// Jobs that one claim takes at most.
    pub claim_jobs_max: u32,
    /// Ends that one statement writes at most.
    pub finish_jobs_max: usize,
    /// How long running jobs may go on after the process is asked to end; then they are released.
    pub drain_seconds_max: u32,
    /// What is kept of one attempt's log, the mark where it is cut included.
    pub log_bytes_max: usize,
    /// How often log lines and progress are written.
    pub notes_ms: u32,
    /// Finished jobs are kept so long, by state.
    pub keep_succeeded_hours: u32,
    pub keep_failed_hours: u32,
    pub keep_cancelled_hours: u32,
    pub keep_quarantined_hours: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease_seconds: 15,
            poll_ms: 1_000,
            claim_jobs_max: 100,
            finish_jobs_max: 256,
            drain_seconds_max: 30,
            log_bytes_max: 64 << 10,
            notes_ms: 500,
            keep_succeeded_hours: 7 * 24,
            keep_failed_hours: 30 * 24,
            keep_cancelled_hours: 7 * 24,
            keep_quarantined_hours: 90 * 24,
        }
    }
}

impl Settings {
    /// # Errors
    /// The first setting with which the queue could not work.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let fields = [
            ("lease_seconds", u64::from(self.lease_seconds), 1, 3_600),
            ("poll_ms", u64::from(self.poll_ms), 10, 600_000),
            ("claim_jobs_max", u64::from(self.claim_jobs_max), 1, 10_000),
            ("finish_jobs_max", wide(self.finish_jobs_max), 1, 10_000),
            ("log_bytes_max", wide(self.log_bytes_max), 0, 64 << 20),
            ("notes_ms", u64::from(self.notes_ms), 10, 60_000),
        ];
        in_range("jobs", fields)
    }

    #[must_use]
    pub fn lease_ms(&self) -> i64 {
        i64::from(self.lease_seconds) * 1_000
    }

    #[must_use]
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds.into())
    }

    /// Three chances to renew in each lease, and never less often than each five seconds.
    #[must_use]
    pub fn renew_every(&self) -> Duration {
        (self.lease() / 3).min(Duration::from_secs(5))
    }

    #[must_use]
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds_max.into())
    }

    #[must_use]
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_which_nothing_would_run_is_refused_by_name() {
        assert_eq!(Settings::default().check(), Ok(()));
        let never = Settings { finish_jobs_max: 0, ..Settings::default() };
        assert_eq!(never.check().unwrap_err().to_string(), "jobs.finish_jobs_max is 0; it has to be 1 … 10000");
        assert!(Settings { lease_seconds: 0, ..Settings::default() }.check().is_err());
    }
}
