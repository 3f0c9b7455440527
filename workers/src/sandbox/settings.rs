//! What an operator decides about the cage and the engine that builds it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Settings of the container sandbox. Read once, checked by [`Settings::check`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `unix:///…`, `tcp://…`, or none for the engine's usual socket. `DOCKER_HOST` lands here.
    pub engine_host: Option<String>,
    /// The static supervisor program that becomes PID 1 of every container.
    pub supervisor_path: PathBuf,
    pub pull_policy: PullPolicy,
    /// Which images may run: prefixes of normalised references (`docker.io/library/`, `ghcr.io/acme/`). Empty means every image.
    pub images_allowed: Vec<String>,
    /// The largest number of `VOLUME`s of an image that are covered; an image with more is refused.
    pub image_volumes_max: usize,
    /// How much of an image's own environment is accepted.
    pub image_env_bytes_max: usize,
    pub uids: Uids,
    pub warm: Warm,
    /// How long one call to the engine may take.
    pub engine_call_seconds_max: u64,
    /// How many containers are created, started or removed at the same time.
    pub engine_calls_max: usize,
    /// How many images are pulled at the same time; runs that need another one wait until there is a place.
    pub pulls_max: usize,
    /// How long an image may take to be pulled.
    pub pull_seconds_max: u64,
    /// How long runs keep their places for a pull; it goes on without them, and they come back.
    pub pull_wait_seconds_max: u64,
    /// How long a run is put off while the engine cannot carry it out or the registry cannot be asked; then it fails as `infrastructure`.
    pub trouble_seconds_max: u32,
    /// How long a started container may take until its supervisor has said what it sees.
    pub hello_seconds_max: u64,
    /// How much later than the supervisor's own deadline the worker kills the container from outside.
    pub deadline_grace_seconds: u64,
    /// How long the output stream is read after the container's end, since an engine may never close it.
    pub drain_seconds_max: u64,
    /// How many ended containers may wait for their removal before runs wait too.
    pub removals_pending_max: usize,
    /// How often a worker looks for what dead workers left on its engine.
    pub sweep_seconds: u64,
    /// Where [`super::seccomp::profile`] lies on the engine's host. Podman needs it, since it takes no profile inline.
    pub seccomp_profile_path: Option<String>,
    /// Another OCI runtime, such as `runsc`, when the engine has it.
    pub runtime: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            engine_host: None,
            supervisor_path: PathBuf::from("/usr/libexec/tallyman/supervisor"),
            pull_policy: PullPolicy::Missing,
            images_allowed: Vec::new(),
            image_volumes_max: 8,
            image_env_bytes_max: 64 << 10,
            uids: Uids::default(),
            warm: Warm::default(),
            engine_call_seconds_max: 60,
            engine_calls_max: 8,
            pulls_max: 4,
            pull_seconds_max: 1_800,
            pull_wait_seconds_max: 10,
            trouble_seconds_max: 3_600,
            hello_seconds_max: 20,
            deadline_grace_seconds: 3,
            drain_seconds_max: 5,
            removals_pending_max: 32,
            sweep_seconds: 60,
            seccomp_profile_path: None,
            runtime: None,
        }
    }
}

/// When an image is fetched from its registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullPolicy {
    Never,
    Missing,
    Always,
}

/// Uids of which each container gets one of its own: inotify and signal limits count per uid across containers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Uids {
    pub first: u32,
    pub count: u32,
    /// The range on an engine that maps uids (userns-remap, rootless), where only the low ones exist.
    pub mapped_first: u32,
    pub mapped_count: u32,
}

impl Default for Uids {
    fn default() -> Self {
        Self { first: 1_900_000_000, count: 60_000, mapped_first: 10_000, mapped_count: 50_000 }
    }
}

/// Containers that are started and parked before anybody asks for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Warm {
    /// How many are parked per hot agent version; 0 turns the pool off.
    pub parked_per_version: usize,
    /// How many agent versions are kept hot: those that ran last.
    pub versions_max: usize,
    /// From how many runs on a version counts as hot.
    pub hot_after_runs: u32,
    /// How old a parked container may grow.
    pub age_seconds_max: u64,
}

impl Default for Warm {
    fn default() -> Self {
        Self { parked_per_version: 1, versions_max: 8, hot_after_runs: 2, age_seconds_max: 600 }
    }
}

impl Settings {
    /// # Errors
    /// The sentence that says which setting cannot be.
    pub fn check(&self) -> Result<(), String> {
        if self.uids.first < 1_000 || self.uids.mapped_first < 1_000 {
            return Err("sandbox.uids: a range that begins below 1000 holds uids of the system".into());
        }
        if self.uids.first.checked_add(self.uids.count).is_none() || self.uids.count == 0 {
            return Err("sandbox.uids: first + count must be a uid, and count at least 1".into());
        }
        if self.uids.mapped_count == 0 || u64::from(self.uids.mapped_first) + u64::from(self.uids.mapped_count) > 65_534 {
            return Err("sandbox.uids: the mapped range must end below 65534, and hold at least one uid".into());
        }
        let zeros = [
            ("engine_calls_max", self.engine_calls_max == 0),
            ("removals_pending_max", self.removals_pending_max == 0),
            ("pulls_max", self.pulls_max == 0),
            ("pull_seconds_max", self.pull_seconds_max == 0),
            ("sweep_seconds", self.sweep_seconds == 0),
        ];
        for (name, is_zero) in zeros {
            if is_zero {
                return Err(format!("sandbox.{name} must be at least 1"));
            }
        }
        Ok(())
    }
}
