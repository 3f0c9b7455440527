//! The connection to Docker or Podman: made on demand, forgotten when the engine goes away, made again when it is back.

use std::{ops::Range, sync::Arc, time::Duration};

use bollard::{API_DEFAULT_VERSION, Docker, models::SystemInfoCgroupVersionEnum};
use domain::ports::sandbox::SandboxError;
use tokio::sync::{Mutex, Semaphore};

use super::{faults, settings::Settings};

/// An engine that answered, and what it is able to do.
pub(super) struct Engine {
    pub docker: Docker,
    /// The engine's own id and where its data lies; which daemon a container and a uid belong to.
    pub daemon: String,
    pub kind: Kind,
    pub version: String,
    /// `x86_64`, `aarch64`, as the engine's kernel names it.
    pub architecture: String,
    pub apparmor: bool,
    pub cgroup_v1: bool,
    /// Uids in a container are other uids on the host, and only the low ones exist.
    pub uids_mapped: bool,
    /// Bounds what runs at the engine at once. A kill never waits for it.
    pub calls: Semaphore,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Docker,
    Podman,
}

impl Engine {
    /// `docker 28.2.2`
    pub fn describe(&self) -> String {
        let kind = match self.kind {
            Kind::Docker => "docker",
            Kind::Podman => "podman",
        };
        format!("{kind} {}", self.version)
    }

    /// The uids that may be leased on this engine.
    pub fn uids(&self, settings: &Settings) -> Range<u32> {
        let uids = &settings.uids;
        let (first, count) = if self.uids_mapped { (uids.mapped_first, uids.mapped_count) } else { (uids.first, uids.count) };
        first..first.saturating_add(count)
    }
}

/// The one engine of a sandbox.
pub(super) struct Connection {
    settings: Arc<Settings>,
    engine: Mutex<Option<Arc<Engine>>>,
}

impl Connection {
    pub fn new(settings: Arc<Settings>) -> Self {
        Self { settings, engine: Mutex::new(None) }
    }

    /// The engine, asked who it is at the first use and after it was away.
    pub async fn get(&self) -> Result<Arc<Engine>, SandboxError> {
        let mut slot = self.engine.lock().await;
        if let Some(engine) = slot.as_ref() {
            return Ok(engine.clone());
        }
        let engine = Arc::new(introduce(&self.settings).await?);
        tracing::info!(daemon = engine.daemon, "container engine is {}", engine.describe());
        *slot = Some(engine.clone());
        Ok(engine)
    }

    /// The engine was away: whoever comes next meets it anew, since another version may be back.
    pub async fn forget(&self) {
        *self.engine.lock().await = None;
    }

    /// Passes `error` on, and forgets the engine if it says that the engine is away.
    pub async fn note(&self, error: SandboxError) -> SandboxError {
        if matches!(error, SandboxError::Unavailable { .. }) {
            self.forget().await;
        }
        error
    }
}

async fn introduce(settings: &Settings) -> Result<Engine, SandboxError> {
    let docker = open(settings)?;
    let docker = docker.negotiate_version().await.map_err(|error| away(&error))?;
    let version = docker.version().await.map_err(|error| away(&error))?;
    let info = docker.info().await.map_err(|error| away(&error))?;
    let podman = version.components.iter().flatten().any(|part| part.name.starts_with("Podman"));
    let kind = if podman { Kind::Podman } else { Kind::Docker };
    if kind == Kind::Podman && settings.seccomp_profile_path.is_none() {
        return Err(SandboxError::Engine {
            attempted: "accept Podman".into(),
            reason:
                "Podman takes no seccomp profile inline: write our profile to its host and name the file in sandbox.seccomp_profile_path"
                    .into(),
        });
    }
    let security: Vec<String> = info.security_options.unwrap_or_default();
    let has = |name: &str| security.iter().any(|option| option.split(',').any(|part| part == format!("name={name}") || part == name));
    if kind == Kind::Docker && !has("seccomp") {
        return Err(SandboxError::Engine {
            attempted: "accept the engine".into(),
            reason: "its kernel has no seccomp, without which no agent may run".into(),
        });
    }
    // Podman draws another id for each question.
    let id = info.id.filter(|id| !id.is_empty() && kind == Kind::Docker);
    // Two daemons of one machine may have one id, which some keep in /etc/docker; the folder of their data they cannot share.
    let daemon = format!("{} {}", id.or(info.name).unwrap_or_else(|| "unnamed".into()), info.docker_root_dir.unwrap_or_default());
    Ok(Engine {
        daemon,
        kind,
        version: version.version.unwrap_or_default(),
        architecture: info.architecture.unwrap_or_default(),
        apparmor: has("apparmor"),
        cgroup_v1: info.cgroup_version != Some(SystemInfoCgroupVersionEnum::_2),
        uids_mapped: has("userns") || has("rootless"),
        calls: Semaphore::new(settings.engine_calls_max),
        docker: docker.with_timeout(Duration::from_secs(settings.engine_call_seconds_max)),
    })
}

fn open(settings: &Settings) -> Result<Docker, SandboxError> {
    let docker = match settings.engine_host.as_deref() {
        None | Some("") => Docker::connect_with_unix("unix:///var/run/docker.sock", settings.engine_call_seconds_max, API_DEFAULT_VERSION),
        Some(host) => Docker::connect_with_host(host),
    };
    docker.map(|docker| docker.with_timeout(Duration::from_secs(settings.engine_call_seconds_max.min(10)))).map_err(|error| away(&error))
}

/// Before the engine has introduced itself every error means that it is not there for us.
fn away(error: &bollard::errors::Error) -> SandboxError {
    SandboxError::Unavailable { reason: faults::sentence(error) }
}
