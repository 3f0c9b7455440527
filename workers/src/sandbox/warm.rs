//! Containers that are parked before anybody asks: per agent version that runs often, made in the background, never in a run's way.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::ports::sandbox::RunLimits;
use tokio::time::Instant;

use super::{
    docker::Shared,
    engine::Engine,
    image::Image,
    launch::{Parked, Unlaunched, launch},
    lull::Lull,
    settings,
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

struct Hot {
    version: Version,
    runs: u32,
    last_run: Instant,
    parked: VecDeque<Parked>,
    filling: bool,
}

/// The pool. A parked container that is dropped is removed, so forgetting one is safe.
pub(super) struct WarmPool {
    settings: settings::Warm,
    hot: Mutex<HashMap<Key, Hot>>,
    /// Filling waits for it.
    pub lull: Lull,
    recycling: std::sync::Once,
}

impl WarmPool {
    pub fn new(settings: settings::Warm) -> Self {
        Self { settings, hot: Mutex::default(), lull: Lull::new(), recycling: std::sync::Once::new() }
    }

    /// The oldest parked container that is young enough and still silent.
    pub fn take(&self, version: &Version) -> Option<Parked> {
        let mut hot = self.hot();
        let parked = &mut hot.get_mut(&version.key)?.parked;
        while let Some(mut candidate) = parked.pop_front() {
            if !self.is_old(&candidate) && candidate.wire.is_quiet() {
                self.lull.begun();
                return Some(candidate);
            }
        }
        None
    }

    /// How many containers are parked for all versions together.
    pub fn parked(&self) -> usize {
        self.hot().values().map(|hot| hot.parked.len()).sum()
    }

    /// Counts a run of this version, and fills its places in the background when it is hot.
    pub fn note(&self, shared: &Arc<Shared>, version: Version) {
        if self.settings.parked_per_version == 0 || self.settings.versions_max == 0 || shared.stopping.is_cancelled() {
            return;
        }
        let key = version.key.clone();
        let mut hot = self.hot();
        let now = Instant::now();
        let entry =
            hot.entry(key.clone()).or_insert_with(|| Hot { version, runs: 0, last_run: now, parked: VecDeque::new(), filling: false });
        entry.runs = entry.runs.saturating_add(1);
        entry.last_run = now;
        while hot.len() > self.settings.versions_max {
            let coldest = hot.iter().min_by_key(|(_, hot)| hot.last_run).map(|(key, _)| key.clone());
            coldest.and_then(|key| hot.remove(&key));
        }
        drop(hot);
        self.refill(shared, &key);
        self.recycling.call_once(|| {
            let tending = tend(shared.clone());
            shared.undertaker.tasks.spawn_on(tending, &shared.undertaker.runtime);
        });
    }

    /// Lets go of everything that is parked.
    pub fn drain(&self) {
        self.hot().clear();
    }

    fn refill(&self, shared: &Arc<Shared>, key: &Key) {
        let mut hot = self.hot();
        let Some(entry) = hot.get_mut(key) else { return };
        let wanted = entry.runs >= self.settings.hot_after_runs && entry.parked.len() < self.settings.parked_per_version;
        if wanted && !entry.filling && !shared.stopping.is_cancelled() {
            entry.filling = true;
            let filling = fill(shared.clone(), entry.version.clone());
            shared.undertaker.tasks.spawn_on(filling, &shared.undertaker.runtime);
        }
    }

    /// Takes a new container in; answers whether another one is wanted.
    fn park(&self, key: &Key, parked: Parked) -> bool {
        let mut hot = self.hot();
        let Some(entry) = hot.get_mut(key) else { return false };
        entry.parked.push_back(parked);
        entry.parked.len() < self.settings.parked_per_version
    }

    fn is_old(&self, parked: &Parked) -> bool {
        parked.since.elapsed() > Duration::from_secs(self.settings.age_seconds_max)
    }

    fn hot(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Hot>> {
        self.hot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn fill(shared: Arc<Shared>, version: Version) {
    let filling = async {
        loop {
            shared.warm.lull.come().await;
            let engine = shared.connection.get().await?;
            let parked = launch(&shared, &engine, &version.image, &version.limits, None).await?;
            if shared.stopping.is_cancelled() || !shared.warm.park(&version.key, parked) {
                return Ok(());
            }
        }
    };
    let filled: Result<(), Unlaunched> = tokio::select! {
        () = shared.stopping.cancelled() => Ok(()),
        filled = filling => filled,
    };
    match filled {
        Ok(()) => {}
        Err(Unlaunched::Fault(error)) => tracing::warn!(%error, "could not park a container"),
        Err(Unlaunched::Refused { failure, .. }) => tracing::warn!(failure.message, "could not park a container"),
    }
    if let Some(entry) = shared.warm.hot().get_mut(&version.key) {
        entry.filling = false;
    }
}

/// Replaces what grew old or died.
async fn tend(shared: Arc<Shared>) {
    let period = Duration::from_secs(shared.warm.settings.age_seconds_max / 4).clamp(Duration::from_secs(1), Duration::from_secs(15));
    let mut ticks = tokio::time::interval(period);
    while shared.stopping.run_until_cancelled(ticks.tick()).await.is_some() {
        let keys: Vec<Key> = {
            let mut hot = shared.warm.hot();
            for entry in hot.values_mut() {
                entry.parked.retain_mut(|parked| !shared.warm.is_old(parked) && parked.wire.is_quiet());
            }
            hot.keys().cloned().collect()
        };
        for key in keys {
            shared.warm.refill(&shared, &key);
        }
    }
}
