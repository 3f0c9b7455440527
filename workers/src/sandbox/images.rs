//! Pinned images that were looked at already: a digest never changes its meaning, so a warm run needs no question to the engine.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::ports::sandbox::{ImageDigest, RunSpec, SandboxError};

use super::{
    docker::Shared,
    engine::Engine,
    image::{self, Image},
};

const REMEMBERED_MAX: usize = 256;

type Pin = (String, ImageDigest);

#[derive(Default)]
pub(super) struct Images {
    known: Mutex<HashMap<Pin, (String, Image)>>,
}

impl Images {
    pub async fn pinned(&self, shared: &Shared, engine: &Arc<Engine>, spec: &RunSpec) -> Result<Image, SandboxError> {
        let Some(digest) = &spec.digest else { return image::pinned(shared, engine, &spec.image, None).await };
        let pin = (spec.image.clone(), digest.clone());
        if let Some((_, image)) = self.known().get(&pin).filter(|(daemon, _)| *daemon == engine.daemon) {
            return Ok(image.clone());
        }
        let image = image::pinned(shared, engine, &spec.image, Some(digest)).await?;
        let mut known = self.known();
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(pin, (engine.daemon.clone(), image.clone()));
        Ok(image)
    }

    /// A container could not be made of it: look again next time, since somebody may have removed it.
    pub fn forget(&self, spec: &RunSpec) {
        if let Some(digest) = &spec.digest {
            self.known().remove(&(spec.image.clone(), digest.clone()));
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Pin, (String, Image)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
