//! The bounds of webhooks.

use serde::Deserialize;

/// Section `webhooks`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Endpoints of one user.
    pub endpoints_max: u32,
    /// How long a receiver may take to answer; 45 at most.
    pub answer_seconds_max: u32,
    /// Bytes of the answer that are kept.
    pub answer_bytes_max: u32,
    /// An event with more of them is sent without its data.
    pub payload_bytes_max: u32,
    /// An endpoint that nothing has reached for so long is disabled, however many deliveries have tries left.
    pub failing_hours_max: u32,
    /// So is one that takes events more slowly than they come, once they have waited too long for so many hours.
    pub behind_hours_max: u32,
    /// How long the secret before signs too, when nothing else is asked for.
    pub secret_overlap_seconds: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            endpoints_max: 20,
            answer_seconds_max: 15,
            answer_bytes_max: 1_024,
            payload_bytes_max: 20_000,
            failing_hours_max: 96,
            behind_hours_max: 24,
            secret_overlap_seconds: 86_400,
        }
    }
}
