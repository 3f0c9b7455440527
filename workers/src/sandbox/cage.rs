//! The cage: everything that a container is told when it is created, and nothing that it may decide itself.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, HealthConfig, HostConfig, HostConfigCgroupnsModeEnum, HostConfigLogConfig, Mount, MountType, MountVolumeOptions,
    ResourcesUlimits, RestartPolicy, RestartPolicyNameEnum,
};
use domain::{entities::id::ExecutionId, ports::sandbox::RunLimits};

use super::{
    engine::{Engine, Kind},
    image::Image,
    seccomp,
    settings::Settings,
};

pub(super) const TMP: &str = "/tmp";
pub(super) const INPUT: &str = "/input";
pub(super) const OUTPUT: &str = "/output";
pub(super) const SHM: &str = "/dev/shm";
const PODMANS_OWN: [&str; 2] = ["/run", "/var/tmp"];
/// Where the supervisor's volume is mounted, read-only.
pub(super) const SUPERVISOR_DIR: &str = "/.tallyman";
pub(super) const SUPERVISOR: &str = "/.tallyman/supervisor";

pub(super) const LABEL_INSTALLATION: &str = "tallyman.installation";
pub(super) const LABEL_EXECUTION: &str = "tallyman.execution";
pub(super) const LABEL_ATTEMPT: &str = "tallyman.attempt";

pub(super) const CPU_PERIOD_US: i64 = 100_000;
const MIB: u64 = 1 << 20;
const SHM_BYTES_MAX: u64 = 16 * MIB;
/// Too few descriptors, processes or bytes of memory and not even the supervisor runs.
const FILES_MIN: u32 = 32;
const PROCESSES_MIN: u32 = 4;
const MEMORY_MIB_MIN: u64 = 16;
const NPROC_ON_PODMAN: u64 = 4_096;

/// The bounds of one container: the run's limits, and what follows from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cage {
    pub uid: u32,
    pub memory_bytes: u64,
    pub cpu_quota_us: i64,
    pub processes_max: u32,
    pub files_max: u32,
    pub tmpfs: Vec<Tmpfs>,
    pub supervisor_volume: String,
}

/// A file system in memory: never executable, bounded in bytes and inodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tmpfs {
    pub target: String,
    pub bytes_max: u64,
    pub inodes_max: u64,
    mode: &'static str,
}

/// Whom a container is for, in its labels.
pub(super) struct Purpose<'a> {
    pub installation: &'a str,
    pub run: Option<(ExecutionId, u32)>,
}

impl Cage {
    pub fn new(kind: Kind, limits: &RunLimits, image: &Image, uid: u32, supervisor_volume: String) -> Self {
        let tmp = u64::from(limits.tmp_mib_max.max(1)) * MIB;
        let output = (2 * u64::from(limits.output_bytes_max)).next_multiple_of(MIB).max(4 * MIB);
        let input = u64::from(limits.input_bytes_max).next_multiple_of(MIB) + MIB;
        let bounded = |target: &str, bytes_max, inodes_max, mode| Tmpfs { target: target.to_owned(), bytes_max, inodes_max, mode };
        let mut tmpfs = vec![
            bounded(TMP, tmp, tmp / 8_192, "1777"),
            bounded(INPUT, input, 16, "0700"),
            bounded(OUTPUT, output, 64, "0700"),
            bounded(SHM, tmp.min(SHM_BYTES_MAX), 1_024, "1777"),
        ];
        if kind == Kind::Podman {
            // It makes these writable on a read-only root, unbounded, unless somebody else mounts them.
            tmpfs.extend(PODMANS_OWN.map(|target| bounded(target, MIB, 64, "1777")));
        }
        tmpfs.extend(image.volumes.iter().map(|target| bounded(target, tmp, tmp / 8_192, "0755")));
        Self {
            uid,
            memory_bytes: limits.memory_mib_max.max(MEMORY_MIB_MIN) * MIB,
            cpu_quota_us: i64::from(limits.cpu_millis_max.max(10)) * CPU_PERIOD_US / 1_000,
            processes_max: limits.processes_max.max(PROCESSES_MIN),
            files_max: limits.files_max.max(FILES_MIN),
            tmpfs,
            supervisor_volume,
        }
    }

    /// What the engine is asked to create.
    pub fn body(&self, engine: &Engine, settings: &Settings, image: &Image, purpose: &Purpose<'_>) -> ContainerCreateBody {
        ContainerCreateBody {
            hostname: Some("agent".into()),
            // Without a gid the image's own /etc/group would grant groups.
            user: Some(format!("{0}:{0}", self.uid)),
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            tty: Some(false),
            open_stdin: Some(true),
            // The worker's end closes the supervisor's stdin, and the supervisor then ends everything.
            stdin_once: Some(true),
            env: (!image.has_home).then(|| vec![format!("HOME={TMP}")]),
            cmd: Some(Vec::new()),
            entrypoint: Some(vec![SUPERVISOR.into()]),
            healthcheck: Some(HealthConfig { test: Some(vec!["NONE".into()]), ..HealthConfig::default() }),
            image: Some(image.id.clone()),
            working_dir: Some("/".into()),
            labels: Some(labels(purpose)),
            stop_signal: Some("SIGKILL".into()),
            stop_timeout: Some(0),
            host_config: Some(self.host_config(engine, settings)),
            ..ContainerCreateBody::default()
        }
    }

    fn host_config(&self, engine: &Engine, settings: &Settings) -> HostConfig {
        let memory = i64::try_from(self.memory_bytes).unwrap_or(i64::MAX);
        HostConfig {
            memory: Some(memory),
            memory_swap: Some(memory),
            memory_swappiness: engine.cgroup_v1.then_some(0),
            cpu_period: Some(CPU_PERIOD_US),
            cpu_quota: Some(self.cpu_quota_us),
            pids_limit: Some(i64::from(self.processes_max)),
            oom_kill_disable: Some(false),
            // When the host itself runs short, agents go first.
            oom_score_adj: Some(500),
            ulimits: Some(self.ulimits(engine.kind)),
            cap_drop: Some(vec!["ALL".into()]),
            cap_add: Some(Vec::new()),
            security_opt: Some(security(engine, settings)),
            privileged: Some(false),
            readonly_rootfs: Some(true),
            tmpfs: Some(self.tmpfs.iter().map(|tmpfs| (tmpfs.target.clone(), tmpfs.options(engine.kind, self.uid))).collect()),
            mounts: Some(vec![Mount {
                typ: Some(MountType::VOLUME),
                source: Some(self.supervisor_volume.clone()),
                target: Some(SUPERVISOR_DIR.into()),
                read_only: Some(true),
                volume_options: Some(MountVolumeOptions { no_copy: Some(true), ..MountVolumeOptions::default() }),
                ..Mount::default()
            }]),
            binds: Some(Vec::new()),
            devices: Some(Vec::new()),
            network_mode: Some("none".into()),
            // Nothing answers there, and nothing of the host's resolver is copied.
            dns: Some(vec!["127.0.0.1".into()]),
            dns_search: Some(vec![".".into()]),
            dns_options: Some(Vec::new()),
            ipc_mode: Some("none".into()),
            cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
            log_config: Some(HostConfigLogConfig { typ: Some("none".into()), config: Some(HashMap::new()) }),
            restart_policy: Some(RestartPolicy { name: Some(RestartPolicyNameEnum::NO), maximum_retry_count: None }),
            auto_remove: Some(false),
            init: Some(false),
            publish_all_ports: Some(false),
            runtime: settings.runtime.clone(),
            ..HostConfig::default()
        }
    }

    /// No `nproc`: it counts per uid over the whole host, while `PidsLimit` counts exactly this container. No `fsize`: whatever can be
    /// written is a bounded tmpfs already, and a sparse giant is to be refused by its name, not to look like a crash.
    fn ulimits(&self, kind: Kind) -> Vec<ResourcesUlimits> {
        let bound = |name: &str, value: u64| {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            ResourcesUlimits { name: Some(name.into()), soft: Some(value), hard: Some(value) }
        };
        let mut limits =
            vec![bound("core", 0), bound("nofile", u64::from(self.files_max)), bound("msgqueue", 0), bound("memlock", 64 << 10)];
        // Podman would ask for four million, which an engine without CAP_SYS_RESOURCE cannot give.
        limits.extend((kind == Kind::Podman).then(|| bound("nproc", NPROC_ON_PODMAN)));
        limits
    }
}

impl Tmpfs {
    /// Podman knows neither a bound of inodes nor an owner: there only the memory limit bounds inodes, which are charged to it.
    pub fn options(&self, kind: Kind, uid: u32) -> String {
        let bounded = format!("rw,noexec,nosuid,nodev,size={}", self.bytes_max);
        match kind {
            Kind::Docker => format!("{bounded},nr_inodes={},mode={},uid={uid},gid={uid}", self.inodes_max, self.mode),
            Kind::Podman => format!("{bounded},mode=1777,notmpcopyup"),
        }
    }
}

/// The security options of every container on this engine.
pub(super) fn security(engine: &Engine, settings: &Settings) -> Vec<String> {
    let profile = match (&settings.seccomp_profile_path, engine.kind) {
        (Some(path), Kind::Podman) => path.clone(),
        _ => seccomp::profile(&engine.architecture).to_string(),
    };
    let mut options = vec!["no-new-privileges:true".to_owned(), format!("seccomp={profile}")];
    if engine.apparmor && engine.kind == Kind::Docker {
        options.push("apparmor=docker-default".into());
    }
    options
}

/// Ours win over the image's: containers inherit labels, so every one of our names is set, even where it says nothing.
fn labels(purpose: &Purpose<'_>) -> HashMap<String, String> {
    let (execution, attempt) = purpose.run.map(|(execution, attempt)| (execution.to_string(), attempt.to_string())).unwrap_or_default();
    [(LABEL_INSTALLATION, purpose.installation.to_owned()), (LABEL_EXECUTION, execution), (LABEL_ATTEMPT, attempt)]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}
