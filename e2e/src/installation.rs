//! One installation: a database, a data directory, and the settings that its processes share.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use jobs::Carrier;
use tempfile::TempDir;
use testkit::engines::handed_perhaps;
use testkit::{Database, Kind};

use crate::{Client, Containers, Process, Ran, Rows, program};

/// What a process of the product gets from whoever runs the tests; nothing else of their environment reaches it.
const HANDED: [&str; 8] =
    ["PATH", "HOME", "TMPDIR", "TALLYMAN_TEST_RUN", "TALLYMAN_SUPERVISOR", "TALLYMAN_DEV_CHAIN", "DOCKER_HOST", "RUST_BACKTRACE"];

/// A database and everybody on it.
pub struct Installation {
    database: Option<Database>,
    folder: TempDir,
    environment: BTreeMap<String, String>,
    started: AtomicU32,
}

impl Installation {
    /// On a database of its own in the PostgreSQL of `./test`, without Redis.
    pub async fn on_postgres() -> Self {
        Self::on(Database::new(Kind::Postgres).await)
    }

    /// On this database.
    #[must_use]
    pub fn on(database: Database) -> Self {
        let mut installation = Self::embedded().set("DATABASE_URL", &database.url);
        installation.database = Some(database);
        installation
    }

    /// On the embedded database, in an empty data directory.
    ///
    /// # Panics
    /// When no folder can be made.
    #[must_use]
    pub fn embedded() -> Self {
        let folder = tempfile::tempdir().expect("the temporary directory can be written");
        let environment = HANDED.iter().filter_map(|name| Some(((*name).to_owned(), handed_perhaps(name)?))).collect();
        let installation = Self { database: None, folder, environment, started: AtomicU32::new(0) };
        let data = installation.folder().join("data");
        // Two seconds: a killed worker's jobs come back while somebody watches. A campaign asks as one user, and more often than people do.
        let installation = installation.set("DATA_DIR", &data.display().to_string()).set("TALLYMAN_JOBS_LEASE_SECONDS", "2");
        let installation = installation.set("TALLYMAN_DEV_CHAIN_ENABLED", "false");
        installation.set("RATE_LIMIT_CALLER", "off").set("RATE_LIMIT_EXECUTIONS", "off")
    }

    /// A setting of every process that is started from here on.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the rows are.
    ///
    /// # Panics
    /// When the installation lies in a folder without a name.
    #[must_use]
    pub fn database_url(&self) -> String {
        let embedded = || format!("sqlite://{}/tallyman.db?mode=rwc", self.environment["DATA_DIR"]);
        self.database.as_ref().map_or_else(embedded, |database| database.url.clone())
    }

    /// The queue's rows, with wake-ups as the processes have them. An embedded database is there once a process has made it.
    pub async fn rows(&self) -> Rows {
        let carrier = match (&self.database, self.environment.get("REDIS_URL")) {
            (_, Some(redis)) => Carrier::Redis(redis.clone()),
            (Some(database), None) => Carrier::Postgres(database.url.clone()),
            (None, None) => Carrier::None,
        };
        Rows::open(&self.database_url(), carrier).await
    }

    /// What it has on its container engine. A process that runs containers has to have been started before.
    pub async fn containers(&self) -> Containers {
        let name = self.rows().await.text("SELECT id FROM installation").await;
        Containers::of(&name, self.environment.get("DOCKER_HOST").map(String::as_str))
    }

    /// The program with these words, and this installation's environment.
    #[must_use]
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(words).env_clear().envs(&self.environment).current_dir(self.folder());
        command
    }

    /// Start a role.
    #[must_use]
    pub fn start(&self, words: &[&str]) -> Process {
        self.start_with(words, &[])
    }

    /// Start a role with more settings than the others have.
    #[must_use]
    pub fn start_with(&self, words: &[&str], settings: &[(&str, &str)]) -> Process {
        let mut command = self.command(words);
        command.envs(settings.iter().copied());
        let name = format!("{}-{}", words[0], self.started.fetch_add(1, Ordering::Relaxed) + 1);
        let log = self.folder().join(format!("{name}.log"));
        Process::start(&name, command, log)
    }

    /// A worker of the pool that probes run in. It is at work when this answers.
    pub async fn worker(&self) -> Process {
        self.worker_with(&[]).await
    }

    /// The same with more settings.
    pub async fn worker_with(&self, settings: &[(&str, &str)]) -> Process {
        let mut worker = self.start_with(&["worker", "--pools", "simulation"], settings);
        worker.says("working for simulation").await;
        worker
    }

    /// Run a command to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn run(&self, words: &[&str]) -> Ran {
        let output = self.command(words).output().expect("the program can be started");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints UTF-8");
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// A worker of the pool that agents run in. It is at work when this answers.
    pub async fn container_worker(&self) -> Process {
        let mut worker = self.start(&["worker", "--pools", "containers"]);
        worker.says("working for containers").await;
        worker
    }

    /// An API process on a port of its own, when it is ready, and somebody who may do everything in it.
    pub async fn api(&self) -> (Process, Client) {
        self.api_with(&[]).await
    }

    /// The same with more settings.
    pub async fn api_with(&self, settings: &[(&str, &str)]) -> (Process, Client) {
        let mut api = self.start_with(&["api"], &[&[("PORT", "0")], settings].concat());
        let base = api.ready().await;
        (api, self.architect(&base))
    }

    /// Somebody who may do everything, at this address.
    ///
    /// # Panics
    /// When no token is issued.
    #[must_use]
    pub fn architect(&self, base: &str) -> Client {
        let issued = self.run(&["token", "issue", "--role", "architect"]);
        assert_eq!(issued.code, Some(0), "{}", issued.stderr);
        Client::new(base, issued.stdout.trim())
    }
}
