//! What the supervisor reports, as JSON in its frames. Whatever it could not read is `None`.

use serde::{Deserialize, Serialize};

use domain::ports::sandbox::LogStream;

/// The cage, seen from inside before the agent starts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Hello {
    pub protocol: u32,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub groups: Option<Vec<u32>>,
    pub cap_effective: Option<String>,
    pub cap_bounding: Option<String>,
    pub no_new_privs: Option<bool>,
    pub seccomp: Option<u32>,
    pub root_read_only: Option<bool>,
    pub mounts: Option<Vec<SeenMount>>,
    pub interfaces: Option<Vec<String>>,
    pub core_bytes_max: Option<u64>,
    pub nofile_max: Option<u64>,
    pub memory_bytes_max: Option<u64>,
    /// Memory and swap together.
    pub memory_swap_bytes_max: Option<u64>,
    pub pids_max: Option<u64>,
    pub cpu_quota_us: Option<u64>,
    pub cpu_period_us: Option<u64>,
    pub cgroup: Option<u32>,
    pub dumpable: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SeenMount {
    pub target: String,
    pub fstype: String,
    pub options: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Started {
    pub pid: u32,
}

/// So many bytes of a stream are missing here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Cut {
    pub stream: LogStream,
    pub dropped_bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Refusal {
    pub code: String,
    pub message: String,
}

/// How the agent ended and what it used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct ExitReport {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub timed_out: bool,
    pub flooded: bool,
    pub oom_killed: bool,
    pub cpu_ms: u64,
    pub memory_peak_bytes: u64,
    pub wall_ms: u64,
    pub usage_source: String,
    pub stdout_bytes: u64,
    pub stderr_bytes: u64,
}
