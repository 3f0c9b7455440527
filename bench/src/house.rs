//! A `tallyman` of its own: the release build beside this program, told everything by one file and nothing by the environment.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::{BoxError, Client};

const READY_SECONDS_MAX: u64 = 30;
const END_SECONDS_MAX: u64 = 40;

/// A process that serves. Dropping it kills it.
pub struct House {
    process: Child,
    /// Kept open, so that it may go on writing.
    _output: Lines<BufReader<ChildStdout>>,
    pub address: SocketAddr,
    /// From the start of the process to its word that it is ready.
    pub ready_after: Duration,
    program: PathBuf,
    config: PathBuf,
}

impl House {
    /// Start a role (`up`, `api`) with its data in `folder` and further settings in TOML, and wait until it says that it is ready.
    ///
    /// # Errors
    /// When it ends or says nothing.
    pub async fn start(folder: &Path, role: &str, settings: &str) -> Result<Self, BoxError> {
        let (program, address) = (beside("tallyman")?, free_address()?);
        std::fs::create_dir_all(folder)?;
        let config = folder.join("tallyman.toml");
        let port = address.port();
        let data = toml_text(folder);
        std::fs::write(
            &config,
            format!(
                "[app]\ndata_dir = {data}\n[api]\nport = {port}\n[limits]\napi = \"off\"\ncaller = \"off\"\nlogin = \"off\"\nexecutions = \"off\"\n[telemetry]\nfilter = \"warn\"\n{settings}"
            ),
        )?;
        let began = Instant::now();
        let mut process = tallyman(&program, &config).arg(role).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let mut output = BufReader::new(process.stdout.take().ok_or("there is no output")?).lines();
        let ready = async {
            while let Some(line) = output.next_line().await? {
                if line.starts_with("ready on ") {
                    return Ok(began.elapsed());
                }
            }
            Err(BoxError::from(format!("`tallyman {role}` ended before it was ready")))
        };
        let ready_after = tokio::time::timeout(Duration::from_secs(READY_SECONDS_MAX), ready).await??;
        Ok(Self { process, _output: output, address, ready_after, program, config })
    }

    /// Somebody with an architect's token, on a new connection.
    ///
    /// # Errors
    /// When the token is not issued or nobody listens.
    pub async fn architect(&self) -> Result<Client, BoxError> {
        Ok(Client::connect(self.address, &self.token().await?).await?)
    }

    /// A fresh token of an architect's.
    ///
    /// # Errors
    /// When it is not issued.
    pub async fn token(&self) -> Result<String, BoxError> {
        let issue = ["token", "issue", "--role", "architect", "--ttl", "2h"];
        let issued = tallyman(&self.program, &self.config).args(issue).output().await?;
        if !issued.status.success() {
            return Err(String::from_utf8_lossy(&issued.stderr).into());
        }
        Ok(String::from_utf8(issued.stdout)?.trim().to_owned())
    }

    /// # Errors
    /// When it has ended.
    pub fn pid(&self) -> Result<u32, BoxError> {
        self.process.id().ok_or_else(|| "it has ended".into())
    }

    /// Ask it to end and wait until it has.
    ///
    /// # Errors
    /// When it does not, in time.
    pub async fn stop(mut self) -> Result<(), BoxError> {
        Command::new("kill").arg(self.pid()?.to_string()).status().await?;
        tokio::time::timeout(Duration::from_secs(END_SECONDS_MAX), self.process.wait()).await??;
        Ok(())
    }
}

fn tallyman(program: &Path, config: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("TALLYMAN_CONFIG", config);
    command
}

/// A program of the same build.
fn beside(name: &str) -> Result<PathBuf, BoxError> {
    let folder = std::env::current_exe()?.parent().map(Path::to_owned);
    Ok(folder.ok_or("this program lies nowhere")?.join(name))
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

/// A path as a TOML string.
#[must_use]
pub fn toml_text(path: &Path) -> String {
    serde_json::Value::from(path.to_string_lossy()).to_string()
}
