//! From an image to a parked container: recorded, created, attached, started, and found to be as tight as asked.

use std::{sync::Arc, time::Duration};

use bollard::{
    models::{ContainerCreateBody, ContainerInspectResponse},
    query_parameters::CreateContainerOptionsBuilder,
};
use domain::{
    entities::id::ExecutionId,
    ports::sandbox::{Failure, FailureCode, Opening, RunLimits, SandboxError},
};
use serde_json::Value;
use tokio::time::Instant;

use super::{
    cage::{Cage, LABEL_INSTALLATION, Purpose},
    container::{self, Container},
    docker::Shared,
    engine::Engine,
    faults,
    frames::Frame,
    image::Image,
    isolation,
    report::Hello,
    wire::Wire,
};

/// A container whose supervisor waits for `START`.
pub(super) struct Parked {
    pub container: Container,
    pub wire: Wire,
    pub engine: Arc<Engine>,
    /// What is stored with the result.
    pub isolation: Value,
    pub since: Instant,
}

/// Why there is no parked container.
pub(super) enum Unlaunched {
    /// The image cannot be started here, or the cage would have been weaker than asked.
    Refused {
        failure: Failure,
        isolation: Value,
    },
    Fault(SandboxError),
}

impl From<SandboxError> for Unlaunched {
    fn from(error: SandboxError) -> Self {
        Self::Fault(error)
    }
}

/// Builds the cage and parks the supervisor in it.
pub(super) async fn launch(
    shared: &Arc<Shared>,
    engine: &Arc<Engine>,
    image: &Image,
    limits: &RunLimits,
    run: Option<(ExecutionId, u32)>,
) -> Result<Parked, Unlaunched> {
    let _call = engine.calls.acquire().await.map_err(|_| closed())?;
    let volume = supervisor_volume(shared, engine, image).await.map_err(refused)?;
    let opening = Opening { daemon: engine.daemon.clone(), run, uids: engine.uids(&shared.settings) };
    let opened = shared.undertaker.log.open(opening).await?;
    let container = Container::guard(opened, engine.clone(), shared.undertaker.clone());
    let cage = Cage::new(engine.kind, limits, image, container.uid, volume);
    let body = cage.body(engine, &shared.settings, image, &Purpose { installation: &shared.installation, run });
    let container = create(shared, engine, container, body).await?;
    let mut wire = Wire::attach(engine, &container.name).await?;
    engine.docker.start_container(&container.name, None).await.map_err(faults::engine("start a container")).map_err(refused)?;
    let (inspected, hello) = tokio::join!(inspect(engine, &container.name), greet(shared, &mut wire));
    let (inspected, hello) = (inspected?, hello?);
    let (isolation, weaker) = isolation::compare(&cage, engine, &shared.settings, &hello, &inspected);
    if weaker.is_empty() {
        return Ok(Parked { container, wire, engine: engine.clone(), isolation, since: Instant::now() });
    }
    tracing::error!(container = container.name, ?weaker, "the cage is weaker than asked");
    container.remove().await;
    let message = format!("the container was weaker than asked, so the agent was not started: {}", weaker.join("; "));
    Err(Unlaunched::Refused { failure: Failure::new(FailureCode::Isolation, message), isolation })
}

async fn supervisor_volume(shared: &Arc<Shared>, engine: &Arc<Engine>, image: &Image) -> Result<String, SandboxError> {
    let (ours, engine, image) = (shared.clone(), engine.clone(), image.id.clone());
    let ensuring = async move { ours.supervisor.ensure(&engine, &ours.undertaker, &image).await };
    shared.undertaker.tasks.spawn_on(ensuring, &shared.undertaker.runtime).await.map_err(|_| closed())?
}

/// Creates in a task of its own: whoever gives up waiting, the container that comes of it still has an owner that removes it.
async fn create(
    shared: &Arc<Shared>,
    engine: &Arc<Engine>,
    container: Container,
    body: ContainerCreateBody,
) -> Result<Container, Unlaunched> {
    let (shared, engine) = (shared.clone(), engine.clone());
    let runtime = shared.undertaker.runtime.clone();
    let tasks = shared.undertaker.tasks.clone();
    let created = tasks.spawn_on(
        async move {
            let named = || Some(CreateContainerOptionsBuilder::default().name(&container.name).build());
            let mut answer = engine.docker.create_container(named(), body.clone()).await;
            if answer.as_ref().is_err_and(faults::is_name_taken) && is_ours(&shared, &engine, &container.name).await {
                // An earlier claim of this very attempt died after creating it. The name is recorded as ours, so it may go.
                container::remove(&engine, &container.name).await?;
                answer = engine.docker.create_container(named(), body).await;
            }
            match answer {
                Ok(_) => Ok(container),
                Err(error) => {
                    shared.supervisor.doubt().await;
                    Err(faults::engine("create a container")(error))
                }
            }
        },
        &runtime,
    );
    Ok(created.await.map_err(|_| closed())??)
}

async fn is_ours(shared: &Shared, engine: &Engine, name: &str) -> bool {
    let found = engine.docker.inspect_container(name, None).await;
    let label =
        found.ok().and_then(|found| found.config).and_then(|config| config.labels).and_then(|mut labels| labels.remove(LABEL_INSTALLATION));
    label.as_deref() == Some(&shared.installation)
}

async fn inspect(engine: &Engine, name: &str) -> Result<ContainerInspectResponse, SandboxError> {
    engine.docker.inspect_container(name, None).await.map_err(faults::engine("inspect a container"))
}

async fn greet(shared: &Shared, wire: &mut Wire) -> Result<Hello, Unlaunched> {
    let patience = Duration::from_secs(shared.settings.hello_seconds_max);
    match tokio::time::timeout(patience, wire.next()).await {
        Ok(Ok(Frame::Hello(hello))) => Ok(*hello),
        Ok(Ok(_)) => Err(silent("it said something else first")),
        Ok(Err(error)) => Err(silent(&format!("{error}; {}", wire.complaint()))),
        Err(_) => Err(silent(&format!("it said nothing for {} s", patience.as_secs()))),
    }
}

fn silent(reason: &str) -> Unlaunched {
    Unlaunched::Fault(SandboxError::Engine { attempted: "hear the supervisor's first word".into(), reason: reason.to_owned() })
}

/// The engine prepares the image's own file system when it creates or starts a container, so that is where a broken image shows.
fn refused(error: SandboxError) -> Unlaunched {
    let of_the_image = [
        "not a directory",
        "is not a directory",
        "cannot mount volume over existing file",
        "exec format error",
        "too many levels of symbolic links",
    ];
    match error {
        SandboxError::Engine { reason, .. } if of_the_image.iter().any(|sign| reason.contains(sign)) => {
            let message = format!(
                "the image cannot be given /tmp, /input, /output, {} and its VOLUMEs: each has to be a folder in it, or absent, and no file or link",
                super::cage::SUPERVISOR_DIR
            );
            Unlaunched::Refused { failure: Failure::new(FailureCode::ImageRefused, message).hearing(reason), isolation: Value::Null }
        }
        error => Unlaunched::Fault(error),
    }
}

fn closed() -> SandboxError {
    SandboxError::Unavailable { reason: "the sandbox is shutting down".into() }
}
