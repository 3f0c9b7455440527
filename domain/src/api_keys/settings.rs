//! Section `api_keys`.

use serde::Deserialize;

/// How many keys there may be, and for how long.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Keys of one user that are neither revoked nor over.
    pub live_keys_max: u32,
    /// How often it is written down, at most, that a key was used.
    pub used_seconds: u32,
    /// How long a key is listed after it was revoked or was over.
    pub ended_days: u32,
    /// How long an old key may go on beside the one that took its place.
    pub overlap_seconds_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { live_keys_max: 50, used_seconds: 60, ended_days: 90, overlap_seconds_max: 7 * 86_400 }
    }
}
