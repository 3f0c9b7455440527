//! The sandbox that talks to a real engine.

use std::{convert::Infallible, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::ports::sandbox::{ContainerLog, Exit, ImageDigest, LogSink, RunSpec, Sandbox, SandboxError};
use tokio::{runtime::Handle, sync::Semaphore, time::MissedTickBehavior};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    container::Undertaker,
    engine::{Connection, Engine},
    faults, image,
    images::Images,
    pull::Pulled,
    pulls::Pulls,
    run,
    settings::Settings,
    supervisor_volume::SupervisorVolume,
    sweep,
    warm::WarmPool,
};

/// How long a shutdown waits for removals and pulls; a sweep finds the rest.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(30);

/// Where run keys come from: 32 bytes that nobody can guess.
pub type KeySource = Arc<dyn Fn() -> [u8; 32] + Send + Sync>;

/// Runs agents on Docker or Podman.
pub struct DockerSandbox {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub settings: Arc<Settings>,
    pub installation: String,
    pub connection: Connection,
    pub supervisor: SupervisorVolume,
    pub images: Images,
    pulls: Pulls,
    pub warm: WarmPool,
    pub undertaker: Undertaker,
    pub keys: KeySource,
    pub stopping: CancellationToken,
}

impl Shared {
    /// Pulls an image, or waits for the pull of it that is under way.
    pub async fn pull(&self, engine: &Arc<Engine>, image: &str) -> Result<Pulled, SandboxError> {
        self.pulls.pull(engine, &self.settings, &self.stopping, image).await
    }
}

impl DockerSandbox {
    /// A sandbox that meets its engine at the first use, and again whenever it was away. Call it inside a Tokio runtime.
    /// `installation` tells apart the installations that share one daemon.
    ///
    /// # Errors
    /// [`SandboxError::Engine`] when a setting or the installation's name cannot be.
    pub fn connect(
        settings: Settings,
        installation: String,
        log: Arc<dyn ContainerLog>,
        keys: KeySource,
    ) -> Result<Arc<Self>, SandboxError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let named = !installation.is_empty() && installation.len() <= 32 && installation.bytes().all(plain);
        let checked = if named { settings.check() } else { Err(format!("installation `{installation}` is not 1 to 32 of a-z and 0-9")) };
        checked.map_err(|reason| SandboxError::Engine { attempted: "set the sandbox up".into(), reason })?;
        let settings = Arc::new(settings);
        let undertaker = Undertaker {
            log,
            tasks: TaskTracker::new(),
            runtime: Handle::current(),
            pending: Arc::new(Semaphore::new(settings.removals_pending_max)),
        };
        Ok(Arc::new(Self {
            shared: Arc::new(Shared {
                connection: Connection::new(settings.clone()),
                supervisor: SupervisorVolume::new(settings.clone(), installation.clone()),
                images: Images::default(),
                pulls: Pulls::new(settings.pulls_max),
                warm: WarmPool::new(settings.warm.clone()),
                stopping: CancellationToken::new(),
                settings,
                installation,
                undertaker,
                keys,
            }),
        }))
    }

    /// How many containers are parked now.
    #[must_use]
    pub fn parked(&self) -> usize {
        self.shared.warm.parked()
    }

    /// Sweeps this sandbox's own engine, at once and then every `sweep_seconds`, until `stop` fires. Nobody else can: another worker may have
    /// another engine. Several workers of one engine do no harm to each other.
    pub async fn keep_swept(self: Arc<Self>, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(Duration::from_secs(self.shared.settings.sweep_seconds));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let sweeping = async {
            let mut in_vain = false;
            loop {
                ticks.tick().await;
                let swept = self.sweep().await;
                // An engine that is away for a night is told of once.
                if let Err(error) = &swept
                    && !in_vain
                {
                    tracing::warn!(%error, "cannot look for abandoned containers now");
                }
                in_vain = swept.is_err();
            }
        };
        let _: Option<Infallible> = stop.run_until_cancelled(sweeping).await;
    }

    /// Removes what is parked and waits for every removal that is under way.
    pub async fn shutdown(&self) {
        self.shared.stopping.cancel();
        self.shared.warm.drain();
        let tasks = &self.shared.undertaker.tasks;
        tasks.close();
        let ended = futures::future::join(tasks.wait(), self.shared.pulls.ended());
        if tokio::time::timeout(SHUTDOWN_PATIENCE, ended).await.is_err() {
            tracing::warn!(tasks = tasks.len(), "left containers to the next sweep");
        }
    }

    /// Shuts down and leaves nothing on the engine: for an installation that does not come back.
    ///
    /// # Errors
    /// When the supervisor's volume could not be removed.
    pub async fn dismantle(&self) -> Result<(), SandboxError> {
        self.shutdown().await;
        let engine = self.shared.connection.get().await?;
        self.shared.supervisor.remove(&engine).await
    }
}

impl Drop for DockerSandbox {
    /// Without a shutdown nothing waits, but nothing stays parked either.
    fn drop(&mut self) {
        self.shared.stopping.cancel();
        self.shared.warm.drain();
    }
}

#[async_trait]
impl Sandbox for DockerSandbox {
    async fn resolve(&self, written: &str) -> Result<ImageDigest, SandboxError> {
        let resolved = async {
            let engine = self.shared.connection.get().await?;
            image::resolve(&self.shared, &engine, written).await
        };
        self.heard(resolved.await).await
    }

    async fn run(&self, spec: &RunSpec, logs: &dyn LogSink, cancel: &CancellationToken) -> Result<Exit, SandboxError> {
        let exit = run::run(&self.shared, spec, logs, cancel).await;
        self.heard(exit).await
    }

    async fn sweep(&self) -> Result<u64, SandboxError> {
        let swept = sweep::sweep(&self.shared).await;
        self.heard(swept).await
    }

    async fn ping(&self) -> Result<String, SandboxError> {
        let pinged = async {
            let engine = self.shared.connection.get().await?;
            engine.docker.ping().await.map_err(faults::engine("ping the engine"))?;
            Ok(engine.describe())
        };
        self.heard(pinged.await).await
    }
}

impl DockerSandbox {
    async fn heard<T>(&self, answer: Result<T, SandboxError>) -> Result<T, SandboxError> {
        match answer {
            Ok(value) => Ok(value),
            Err(error) => Err(self.shared.connection.note(error).await),
        }
    }
}
