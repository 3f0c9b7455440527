//! The supervisor on a named volume, put there through the engine's API only, so that a remote engine works like a local one.
//!
//! The volume's name holds the program's hash: another version is another volume, and what is in one never changes.

use std::sync::Arc;

use bollard::{
    body_full,
    models::{ContainerCreateBody, HostConfig, Mount, MountType, MountVolumeOptions, VolumeCreateRequest},
    query_parameters::{
        CreateContainerOptionsBuilder, DownloadFromContainerOptionsBuilder, RemoveVolumeOptionsBuilder, UploadToContainerOptionsBuilder,
    },
};
use domain::ports::sandbox::{Opening, SandboxError};
use futures::StreamExt;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::{
    cage::{LABEL_INSTALLATION, SUPERVISOR, SUPERVISOR_DIR},
    container::{Container, Undertaker},
    engine::Engine,
    faults,
    settings::Settings,
    tar,
};

const DOWNLOAD_BYTES_MAX: usize = 64 << 20;

/// Where the supervisor is on which daemon.
pub(super) struct SupervisorVolume {
    settings: Arc<Settings>,
    installation: String,
    /// The daemon that was looked at, and the volume that holds the right program there.
    verified: Mutex<Option<(String, String)>>,
}

impl SupervisorVolume {
    pub fn new(settings: Arc<Settings>, installation: String) -> Self {
        Self { settings, installation, verified: Mutex::new(None) }
    }

    /// The volume's name, after making sure once per daemon that it holds the very program.
    /// `image` is any image on the engine: a container that never starts needs one.
    /// Run it in a task of its own: the carrier must not be left half made.
    pub async fn ensure(&self, engine: &Arc<Engine>, undertaker: &Undertaker, image: &str) -> Result<String, SandboxError> {
        let mut verified = self.verified.lock().await;
        if let Some((daemon, volume)) = verified.as_ref()
            && *daemon == engine.daemon
        {
            return Ok(volume.clone());
        }
        let path = &self.settings.supervisor_path;
        let program = tokio::fs::read(path).await.map_err(|error| SandboxError::Engine {
            attempted: format!("read the supervisor at {}", path.display()),
            reason: error.to_string(),
        })?;
        let hash = format!("{:x}", Sha256::digest(&program));
        let volume = format!("tm-{}-supervisor-{}", self.installation, &hash[..12]);
        // Recorded like every container, so that a sweep finds it when this worker dies in between.
        let opening = Opening { daemon: engine.daemon.clone(), run: None, uids: engine.uids(&self.settings) };
        let carrier = Container::guard(undertaker.log.open(opening).await?, engine.clone(), undertaker.clone());
        let filled = self.fill(engine, image, &carrier.name, &volume, &program).await;
        carrier.remove().await;
        filled?;
        *verified = Some((engine.daemon.clone(), volume.clone()));
        Ok(volume)
    }

    /// The volume was gone when a container wanted it: look again next time.
    pub async fn doubt(&self) {
        *self.verified.lock().await = None;
    }

    /// Takes the volume away that this process has made or found.
    pub async fn remove(&self, engine: &Engine) -> Result<(), SandboxError> {
        let Some((_, volume)) = self.verified.lock().await.take() else { return Ok(()) };
        let force = RemoveVolumeOptionsBuilder::default().force(true).build();
        engine.docker.remove_volume(&volume, Some(force)).await.map_err(faults::engine("remove the supervisor's volume"))
    }

    async fn fill(&self, engine: &Engine, image: &str, carrier: &str, volume: &str, program: &[u8]) -> Result<(), SandboxError> {
        let labels = || Some([(LABEL_INSTALLATION.to_owned(), self.installation.clone())].into());
        let request = VolumeCreateRequest { name: Some(volume.to_owned()), labels: labels(), ..VolumeCreateRequest::default() };
        engine.docker.create_volume(request).await.map_err(faults::engine("create the supervisor's volume"))?;
        let body = ContainerCreateBody {
            image: Some(image.to_owned()),
            entrypoint: Some(vec![SUPERVISOR.into()]),
            network_disabled: Some(true),
            labels: labels(),
            host_config: Some(HostConfig {
                network_mode: Some("none".into()),
                mounts: Some(vec![Mount {
                    typ: Some(MountType::VOLUME),
                    source: Some(volume.to_owned()),
                    target: Some(SUPERVISOR_DIR.into()),
                    volume_options: Some(MountVolumeOptions { no_copy: Some(true), ..MountVolumeOptions::default() }),
                    ..Mount::default()
                }]),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let named = CreateContainerOptionsBuilder::default().name(carrier).build();
        engine.docker.create_container(Some(named), body).await.map_err(faults::engine("create the supervisor's carrier"))?;
        upload_and_verify(engine, carrier, program).await
    }
}

async fn upload_and_verify(engine: &Engine, carrier: &str, program: &[u8]) -> Result<(), SandboxError> {
    if download(engine, carrier).await?.as_deref() == Some(program) {
        return Ok(());
    }
    let to = UploadToContainerOptionsBuilder::default().path(SUPERVISOR_DIR).build();
    let archive = body_full(tar::pack("supervisor", program).into());
    engine.docker.upload_to_container(carrier, Some(to), archive).await.map_err(faults::engine("put the supervisor on its volume"))?;
    if download(engine, carrier).await?.as_deref() == Some(program) {
        return Ok(());
    }
    Err(SandboxError::Engine { attempted: "put the supervisor on its volume".into(), reason: "what came back is not what was sent".into() })
}

async fn download(engine: &Engine, carrier: &str) -> Result<Option<Vec<u8>>, SandboxError> {
    let from = DownloadFromContainerOptionsBuilder::default().path(SUPERVISOR).build();
    let mut pieces = engine.docker.download_from_container(carrier, Some(from));
    let mut archive = Vec::new();
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(piece) if archive.len() + piece.len() <= DOWNLOAD_BYTES_MAX => archive.extend_from_slice(&piece),
            Ok(_) => return Ok(None),
            Err(error) if faults::status(&error) == Some(404) => return Ok(None),
            Err(error) => return Err(faults::engine("read the supervisor's volume")(error)),
        }
    }
    Ok(tar::first_file(&archive).map(<[u8]>::to_vec))
}
