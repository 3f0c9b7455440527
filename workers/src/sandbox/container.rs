//! One container that may exist: however its owner ends, it is removed, and its name and uid are given back only then.

use std::{sync::Arc, time::Duration};

use bollard::query_parameters::RemoveContainerOptionsBuilder;
use domain::ports::sandbox::{ContainerLog, Opened, SandboxError};
use tokio::{runtime::Handle, sync::Semaphore, task::JoinHandle};
use tokio_util::task::TaskTracker;

use super::{engine::Engine, faults};

/// How often a removal is tried before it is left to the sweep.
const TRIES_MAX: u32 = 6;

/// What it takes to remove a container, wherever its owner was dropped.
#[derive(Clone)]
pub(super) struct Undertaker {
    pub log: Arc<dyn ContainerLog>,
    pub tasks: TaskTracker,
    pub runtime: Handle,
    /// Bounds the removals that nobody waits for.
    pub pending: Arc<Semaphore>,
}

/// A recorded container. Dropping it removes it, in a task that outlives whoever dropped it.
pub(super) struct Container {
    pub name: String,
    pub uid: u32,
    engine: Arc<Engine>,
    undertaker: Undertaker,
    removed: bool,
}

impl Container {
    /// Takes care of a name that has just been recorded; call it before the engine hears of it.
    pub fn guard(opened: Opened, engine: Arc<Engine>, undertaker: Undertaker) -> Self {
        Self { name: opened.name, uid: opened.uid, engine, undertaker, removed: false }
    }

    /// Kills and removes now, and waits for it. Giving up the wait does not give up the removal.
    pub async fn remove(mut self) {
        let removal = self.bury();
        if removal.await.is_err() {
            tracing::error!("the removal of a container panicked");
        }
    }

    /// Removes in the background. Waits only while too many removals are pending.
    pub async fn discard(mut self) {
        let permit = self.undertaker.pending.clone().acquire_owned().await;
        let removal = self.bury();
        self.undertaker.tasks.spawn_on(
            async move {
                drop(removal.await);
                drop(permit);
            },
            &self.undertaker.runtime,
        );
    }

    fn bury(&mut self) -> JoinHandle<()> {
        self.removed = true;
        let (name, engine, log) = (self.name.clone(), self.engine.clone(), self.undertaker.log.clone());
        self.undertaker.tasks.spawn_on(async move { bury(&engine, &*log, &name).await }, &self.undertaker.runtime)
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if !self.removed {
            drop(self.bury());
        }
    }
}

async fn bury(engine: &Engine, log: &dyn ContainerLog, name: &str) {
    for attempt in 0..TRIES_MAX {
        if attempt > 0 {
            tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
        }
        let gone = async {
            remove(engine, name).await?;
            log.close(name).await
        };
        match gone.await {
            Ok(()) => return,
            Err(error) => tracing::warn!(container = name, attempt, %error, "could not remove a container yet"),
        }
    }
    tracing::error!(container = name, "left a container to the sweep");
}

/// Whether the engine knows a container of this name.
pub(super) async fn exists(engine: &Engine, name: &str) -> Result<bool, SandboxError> {
    match engine.docker.inspect_container(name, None).await {
        Ok(_) => Ok(true),
        Err(error) if faults::status(&error) == Some(404) => Ok(false),
        Err(error) => Err(faults::engine("look for a container")(error)),
    }
}

/// Kills and removes one container with its anonymous volumes. A container that is not there is removed already.
pub(super) async fn remove(engine: &Engine, name: &str) -> Result<(), SandboxError> {
    let force = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    match engine.docker.remove_container(name, Some(force)).await {
        Ok(()) => Ok(()),
        Err(error) if faults::status(&error) == Some(404) => Ok(()),
        // Somebody else is removing it: it is gone only when the engine no longer knows it.
        Err(error) if faults::status(&error) == Some(409) => match engine.docker.inspect_container(name, None).await {
            Err(error) if faults::status(&error) == Some(404) => Ok(()),
            _ => Err(faults::engine("remove a container")(error)),
        },
        Err(error) => Err(faults::engine("remove a container")(error)),
    }
}
