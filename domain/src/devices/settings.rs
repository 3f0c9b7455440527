//! Section `devices`.

use serde::Deserialize;

/// How devices are paired, and how fresh what they sign has to be.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long a pairing code is good.
    pub code_seconds: u32,
    /// How long a device waits between two questions, at first.
    pub poll_seconds: u32,
    /// Linked devices of one user.
    pub links_max: u32,
    /// How old a signature may be, and how far in the future it may end.
    pub signature_seconds_max: u32,
    /// How far the clock of a device may be ahead.
    pub ahead_seconds_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { code_seconds: 600, poll_seconds: 5, links_max: 50, signature_seconds_max: 300, ahead_seconds_max: 30 }
    }
}
