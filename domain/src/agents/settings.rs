//! The bounds of agents.

use serde::Deserialize;

/// Section `agents`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Agents of one user that are not deleted.
    pub agents_max: u32,
    /// Versions of one agent: every change is one.
    pub versions_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { agents_max: 500, versions_max: 1_000 }
    }
}
