//! A world with a real engine: images made on the spot, a sandbox of its own, and an end at which nothing may be left over.

#![expect(dead_code, reason = "each test binary needs another part of the world")]

pub mod gate;
pub mod images;
pub mod records;
pub mod registry;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bollard::{
    Docker,
    query_parameters::{ListContainersOptionsBuilder, ListVolumesOptions, RemoveImageOptionsBuilder, RemoveVolumeOptionsBuilder},
};
use domain::{
    entities::id::{ExecutionId, JobId},
    ports::sandbox::{Ending, Exit, FailureCode, RunLimits, RunSpec, Sandbox, SandboxError},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use workers::sandbox::{DockerSandbox, Settings};

pub use records::{Lines, Records};

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_mins(1);

pub struct World {
    pub sandbox: Arc<DockerSandbox>,
    pub records: Arc<Records>,
    pub engine: Docker,
    pub installation: String,
    pub settings: Settings,
    made: std::sync::Mutex<Vec<String>>,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A world whose sandbox has other settings. Nothing is kept warm unless a test asks for it.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        static WORLDS: AtomicU32 = AtomicU32::new(0);
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let engine = connect().await;
        let mut settings = Settings { engine_host: variable("DOCKER_HOST"), ..Settings::default() };
        settings.supervisor_path =
            variable("TALLYMAN_SUPERVISOR").expect("TALLYMAN_SUPERVISOR is not set: run ./test, which builds the supervisor").into();
        settings.seccomp_profile_path = variable("TALLYMAN_SECCOMP_PROFILE");
        settings.warm.parked_per_version = 0;
        // Other worlds lease from their own records, so each has its own range.
        settings.uids.first += (std::process::id() % 10_000 + number * 7) * 64;
        settings.uids.count = 64;
        change(&mut settings);
        let installation = format!("t{}x{number}", std::process::id());
        let records = Arc::new(Records::new(&installation));
        let sandbox = sandbox(&settings, &installation, &records);
        Self { sandbox, records, engine, installation, settings, made: std::sync::Mutex::default() }
    }

    /// A second worker of the same installation, with the same records.
    pub fn another_worker(&self) -> Arc<DockerSandbox> {
        sandbox(&self.settings, &self.installation, &self.records)
    }

    /// An image whose entry point is a shell script.
    pub async fn image(&self, script: &str) -> String {
        self.image_with(&[&format!("ENTRYPOINT {}", json!(["/bin/sh", "-c", script]))]).await
    }

    /// An image with these Dockerfile instructions and nothing but a shell in it.
    pub async fn image_with(&self, changes: &[&str]) -> String {
        let name = format!("{}/{}:dev", self.installation, self.made.lock().unwrap().len());
        images::import(&self.engine, &name, changes).await;
        self.made.lock().unwrap().push(name.clone());
        name
    }

    /// Removes an image that a story pulled when the world ends.
    pub fn forget_at_the_end(&self, image: &str) {
        self.made.lock().unwrap().push(image.to_owned());
    }

    /// Runs a script once, as `tallyman try` does.
    pub async fn run_script(&self, script: &str) -> Run {
        let image = self.image(script).await;
        self.run(&spec(&image, json!({}))).await
    }

    pub async fn run(&self, spec: &RunSpec) -> Run {
        self.try_run(spec).await.expect("the run counts")
    }

    pub async fn try_run(&self, spec: &RunSpec) -> Result<Run, SandboxError> {
        let lines = Lines::default();
        let never = CancellationToken::new();
        let running = self.sandbox.run(spec, &lines, &never);
        let exit = tokio::time::timeout(PATIENCE, running).await.expect("the run ends within a minute")?;
        Ok(Run { exit, lines })
    }

    /// Starts a run and answers when the agent has said its first line.
    pub async fn start(&self, spec: &RunSpec) -> Running {
        let (cancel, lines) = (CancellationToken::new(), Arc::new(Lines::default()));
        let mut tasks = JoinSet::new();
        let (sandbox, spec, sink, token) = (self.sandbox.clone(), spec.clone(), lines.clone(), cancel.clone());
        tasks.spawn(async move { sandbox.run(&spec, &*sink, &token).await });
        until("the agent says its first line", async || lines.count() > 0).await;
        Running { cancel, lines, tasks }
    }

    /// Lets a hostile image try one thing.
    pub async fn attack(&self, attack: &str, limits: RunLimits) -> Run {
        let hostile = "tallyman/hostile:dev";
        let here = self.engine.inspect_image(hostile).await;
        here.unwrap_or_else(|_| panic!("image {hostile} is not there: run ./test, which builds the example agents"));
        self.run(&RunSpec { limits, ..spec(hostile, json!({ "attack": attack })) }).await
    }

    /// Names of this installation's containers that the engine knows.
    pub async fn containers(&self) -> Vec<String> {
        let all = ListContainersOptionsBuilder::default().all(true).build();
        let listed = self.engine.list_containers(Some(all)).await.expect("the engine lists containers");
        let names = listed.into_iter().flat_map(|container| container.names.unwrap_or_default());
        let prefix = format!("/tm-{}-", self.installation);
        names.filter(|name| name.starts_with(&prefix)).map(|name| name[1..].to_owned()).collect()
    }

    pub async fn no_container_is_left(&self) {
        until("every container is gone", async || self.containers().await.is_empty()).await;
    }

    /// The end of the story: no container, no record, no volume and no image of ours is left.
    pub async fn finish(self) {
        self.sandbox.shutdown().await;
        self.no_container_is_left().await;
        assert_eq!(self.records.open_names(), Vec::<String>::new(), "every recorded container was closed");
        for volume in self.volumes().await {
            let force = RemoveVolumeOptionsBuilder::default().force(true).build();
            self.engine.remove_volume(&volume, Some(force)).await.expect("the supervisor's volume is free");
        }
        for image in self.made.into_inner().unwrap() {
            let force = RemoveImageOptionsBuilder::default().force(true).build();
            drop(self.engine.remove_image(&image, Some(force), None).await);
        }
    }

    pub async fn volumes(&self) -> Vec<String> {
        let listed = self.engine.list_volumes(None::<ListVolumesOptions>).await.expect("the engine lists volumes");
        let prefix = format!("tm-{}-", self.installation);
        listed.volumes.unwrap_or_default().into_iter().map(|volume| volume.name).filter(|name| name.starts_with(&prefix)).collect()
    }
}

/// What came of a run, and what it said.
pub struct Run {
    pub exit: Exit,
    pub lines: Lines,
}

impl Run {
    /// The code of the failure, with its sentence in the panic if it is another one.
    pub fn failed_with(&self, code: FailureCode) -> String {
        match &self.exit.ending {
            Ending::Failed(failure) if failure.code == code => failure.message.clone(),
            other => panic!("expected {code:?}, got {other:?}\n{:?}", self.lines.texts()),
        }
    }

    /// What the engine or a registry said about the failure.
    pub fn heard(&self) -> Option<&str> {
        match &self.exit.ending {
            Ending::Failed(failure) => failure.heard.as_deref(),
            other => panic!("expected a failure, got {other:?}"),
        }
    }

    pub fn completed(&self) -> &Value {
        assert_eq!(self.exit.ending, Ending::Completed, "{:?}", self.lines.texts());
        self.exit.output.as_ref().expect("a completed run has an answer")
    }
}

/// A run that goes on while the test does something else. Dropping it drops the run's future.
pub struct Running {
    pub cancel: CancellationToken,
    pub lines: Arc<Lines>,
    tasks: JoinSet<Result<Exit, SandboxError>>,
}

impl Running {
    pub async fn end(&mut self) -> Exit {
        self.outcome().await.expect("the run counts")
    }

    pub async fn outcome(&mut self) -> Result<Exit, SandboxError> {
        let ended = tokio::time::timeout(PATIENCE, self.tasks.join_next()).await.expect("the run ends within a minute");
        ended.expect("a run goes on").expect("the run does not panic")
    }
}

pub fn spec(image: &str, input: Value) -> RunSpec {
    static EXECUTIONS: AtomicU32 = AtomicU32::new(1);
    let number = (u128::from(std::process::id()) << 64) + u128::from(EXECUTIONS.fetch_add(1, Ordering::Relaxed));
    let id = Uuid::from_u128(number);
    RunSpec {
        execution_id: ExecutionId::from(id),
        job_id: JobId::from(id),
        attempt: 1,
        image: image.to_owned(),
        digest: None,
        input,
        limits: RunLimits { run_seconds_max: 30, ..RunLimits::default() },
    }
}

/// Waits for a condition, and fails with its name when it does not come true.
pub async fn until(what: &str, holds: impl AsyncFnMut() -> bool) {
    testkit::until_within(PATIENCE, what, holds).await;
}

fn sandbox(settings: &Settings, installation: &str, records: &Arc<Records>) -> Arc<DockerSandbox> {
    static KEYS: AtomicU32 = AtomicU32::new(1);
    let keys = || {
        let mut key = [7; 32];
        key[..4].copy_from_slice(&KEYS.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        key
    };
    DockerSandbox::connect(settings.clone(), installation.to_owned(), records.clone(), Arc::new(keys)).expect("the settings are sound")
}

/// The engine's socket, for stories in which it comes and goes.
pub fn socket() -> String {
    variable("DOCKER_HOST").unwrap_or_else(|| "unix:///var/run/docker.sock".into()).replacen("unix://", "", 1)
}

async fn connect() -> Docker {
    let missing = "no container engine answers: run ./test, which starts one";
    let docker = match variable("DOCKER_HOST") {
        Some(host) => Docker::connect_with_host(&host),
        None => Docker::connect_with_unix_defaults(),
    };
    docker.expect(missing).negotiate_version().await.expect(missing)
}

#[expect(clippy::disallowed_methods, reason = "tests are told where the engine is by their runner")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
