//! The JSON payloads of the frames.

use serde::{Deserialize, Serialize};

/// What `START` says about the run. Unknown fields are ignored, missing ones are an error.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StartHeader {
    /// The image's entry point followed by its command.
    pub argv: Vec<String>,
    pub cwd: String,
    pub run_ms_max: u64,
    /// Kept bytes of each stream.
    pub log_bytes_max: u64,
    /// Both streams together, kept or not.
    pub log_flood_bytes_max: u64,
    pub output_bytes_max: u64,
    pub input_bytes_max: u64,
}

/// `HELLO`: what the supervisor sees of its own cage. What it cannot see is left out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hello {
    pub protocol: u32,
    #[serde(flatten)]
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_read_only: Option<bool>,
    pub mounts: Vec<Mount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interfaces: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core_bytes_max: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nofile_max: Option<u64>,
    #[serde(flatten)]
    pub limits: CgroupLimits,
    /// The version of the cgroup file system that the limits come from.
    pub cgroup: Option<u32>,
    pub dumpable: bool,
}

/// The part of `HELLO` that `/proc/self/status` tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_effective: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_bounding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_new_privs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seccomp: Option<u32>,
}

/// The part of `HELLO` that the cgroup files tell. An absent limit is no limit, or one that cannot be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CgroupLimits {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes_max: Option<u64>,
    /// Memory and swap together, as Docker's `MemorySwap`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_swap_bytes_max: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids_max: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_quota_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_period_us: Option<u64>,
}

/// One line of `/proc/self/mountinfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    pub target: String,
    pub fstype: String,
    /// Of the mount; and of its file system those that bound it (`size=`, `nr_inodes=`, `mode=`, ..).
    pub options: Vec<String>,
}

/// `STARTED`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Started {
    pub pid: u32,
}

/// `CUT`: so many bytes of the stream are missing here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cut {
    pub stream: String,
    pub dropped_bytes: u64,
}

/// `EXIT`, the last frame of a run. Exactly one of `code` and `signal` is there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Exit {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    pub timed_out: bool,
    pub flooded: bool,
    pub oom_killed: bool,
    pub cpu_ms: u64,
    pub memory_peak_bytes: u64,
    pub wall_ms: u64,
    /// `cgroup` or `wait4`
    pub usage_source: String,
    pub stdout_bytes: u64,
    pub stderr_bytes: u64,
}

/// `FAILED` and `OUTPUT_REFUSED`: a code for programs and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal<Code> {
    pub code: Code,
    pub message: String,
}

/// Why the agent could not be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailedCode {
    EntryPointMissing,
    EntryPointNotExecutable,
    BadStart,
    InputTooLarge,
    Internal,
}

/// Why the agent's `/output/output.json` was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputCode {
    OutputNotRegular,
    OutputTooLarge,
    OutputUnreadable,
}
