//! The installation's own secrets: from the settings, else from files.

mod environment;
mod file;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use environment::EnvironmentSecrets;
pub use file::FileSecrets;
use serde::Deserialize;

/// Section `secrets`: every other field is a secret by its name, `sealing_v1 = "…"`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Where the files are, one for each secret. Absent: `secrets` in the data directory.
    pub folder: Option<PathBuf>,
    #[serde(flatten)]
    pub given: BTreeMap<String, String>,
}

/// The names, not the secrets.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("folder", &self.folder).field("given", &self.given.keys()).finish()
    }
}
