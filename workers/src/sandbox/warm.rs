//! Containers that are parked before anybody asks: per agent version that runs often, made in the background, never in a run's way.

use std::{
    hash::{Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::ports::sandbox::RunLimits;

use super::{
    docker::Shared,
    engine::Engine,
    image::Image,
    launch::{Parked, Unlaunched, launch},
    lull::Lull,
    settings,
    shelf::{Shelf, Stay},
};

/// What a parked container can serve: one image under one set of limits on one daemon.
#[derive(Debug, Clone)]
pub(super) struct Version {
    key: Key,
    image: Image,
    limits: RunLimits,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    daemon: String,
    image_id: String,
    /// What the cage is made of; the other limits travel in `START`.
    cage: [u64; 7],
}

impl Version {
    pub fn new(engine: &Engine, image: &Image, limits: &RunLimits) -> Self {
        let cage = [
            limits.memory_mib_max,
            limits.cpu_millis_max.into(),
            limits.processes_max.into(),
            limits.files_max.into(),
            limits.tmp_mib_max.into(),
            limits.output_bytes_max.into(),
            limits.input_bytes_max.into(),
        ];
        let key = Key { daemon: engine.daemon.clone(), image_id: image.id.clone(), cage };
        Self { key, image: image.clone(), limits: limits.clone() }
    }
}

/// The key tells; image and limits are what it was made of.
impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

/// The pool. A parked container that is dropped is removed, so forgetting one is safe.
pub(super) struct WarmPool {
    settings: settings::Warm,
    shelf: Mutex<Shelf<Version, Parked>>,
    /// Filling waits for it.
    pub lull: Lull,
    recycling: std::sync::Once,
}

impl WarmPool {
    pub fn new(settings: settings::Warm) -> Self {
        let shelf = Mutex::new(Shelf::new(settings.clone()));
        Self { settings, shelf, lull: Lull::new(), recycling: std::sync::Once::new() }
    }

    /// The oldest parked container that is young enough and still silent.
    pub fn take(&self, version: &Version) -> Option<Parked> {
        let taken = self.shelf().take(version, |parked| self.is_fit(parked));
        if taken.is_some() {
            self.lull.begun();
        }
        taken
    }

    /// How many containers are parked for all versions together.
    pub fn parked(&self) -> usize {
        self.shelf().parked()
    }

    /// Counts a run of this version, and fills its places in the background when it is hot.
    pub fn note(&self, shared: &Arc<Shared>, version: &Version) {
        if self.settings.parked_per_version == 0 || self.settings.versions_max == 0 || shared.stopping.is_cancelled() {
            return;
        }
        self.shelf().note(version);
        self.refill(shared, version);
        self.recycling.call_once(|| {
            let tending = tend(shared.clone());
            shared.undertaker.tasks.spawn_on(tending, &shared.undertaker.runtime);
        });
    }

    /// Lets go of everything that is parked.
    pub fn drain(&self) {
        self.shelf().clear();
    }

    fn refill(&self, shared: &Arc<Shared>, version: &Version) {
        if shared.stopping.is_cancelled() {
            return;
        }
        if let Some(stay) = self.shelf().wants(version) {
            let filling = fill(shared.clone(), version.clone(), stay);
            shared.undertaker.tasks.spawn_on(filling, &shared.undertaker.runtime);
        }
    }

    fn is_fit(&self, parked: &mut Parked) -> bool {
        parked.since.elapsed() <= Duration::from_secs(self.settings.age_seconds_max) && parked.wire.is_quiet()
    }

    fn shelf(&self) -> std::sync::MutexGuard<'_, Shelf<Version, Parked>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn fill(shared: Arc<Shared>, version: Version, stay: Stay) {
    let filling = async {
        loop {
            shared.warm.lull.come().await;
            let engine = shared.connection.get().await?;
            let parked = launch(&shared, &engine, &version.image, &version.limits, None).await?;
            if shared.stopping.is_cancelled() || !shared.warm.shelf().park(&version, stay, parked) {
                return Ok(());
            }
        }
    };
    let filled: Result<(), Unlaunched> = tokio::select! {
        () = shared.stopping.cancelled() => Ok(()),
        filled = filling => filled,
    };
    let mut shelf = shared.warm.shelf();
    if let Err(unlaunched) = filled {
        match unlaunched {
            Unlaunched::Fault(error) => tracing::warn!(%error, "could not park a container; none is tried before the version runs again"),
            Unlaunched::Refused { failure, .. } => {
                tracing::warn!(failure.message, "could not park a container; none is tried before the version runs again");
            }
        }
        shelf.set_aside(&version, stay);
    }
    shelf.filled(&version, stay);
}

/// Replaces what grew old or died.
async fn tend(shared: Arc<Shared>) {
    let period = Duration::from_secs(shared.warm.settings.age_seconds_max / 4).clamp(Duration::from_secs(1), Duration::from_secs(15));
    let mut ticks = tokio::time::interval(period);
    while shared.stopping.run_until_cancelled(ticks.tick()).await.is_some() {
        let versions = shared.warm.shelf().tidy(|parked| shared.warm.is_fit(parked));
        for version in versions {
            shared.warm.refill(&shared, &version);
        }
    }
}
