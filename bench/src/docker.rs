//! The peer of a sandboxed run: `docker run --rm` of the same image under the same flags, without our supervisor.

use std::path::Path;

use tokio::process::Command;

use crate::BoxError;

/// The flags of one run, as the sandbox sets them (`workers/src/sandbox/cage.rs`) with the default limits.
pub struct DockerRun {
    arguments: Vec<String>,
}

const UID: u32 = 1_899_999_999;

impl DockerRun {
    /// Writes the seccomp profile into `folder`.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn new(folder: &Path, image: &str, input: &str) -> Result<Self, BoxError> {
        let profile = folder.join("seccomp.json");
        std::fs::write(&profile, workers::sandbox::seccomp::profile(std::env::consts::ARCH).to_string())?;
        let mut flags = format!(
            "run --rm --hostname agent --user {UID}:{UID} --env HOME=/tmp --no-healthcheck --workdir / --stop-signal SIGKILL --stop-timeout 0 \
             --memory 512m --memory-swap 512m --cpu-period 100000 --cpu-quota 50000 --pids-limit 128 --oom-score-adj 500 \
             --ulimit core=0 --ulimit nofile=256 --ulimit msgqueue=0 --ulimit memlock=65536 --cap-drop ALL \
             --security-opt no-new-privileges:true --read-only --network none --dns 127.0.0.1 --dns-search . --ipc none --cgroupns private \
             --log-driver none --restart no"
        );
        if docker(&["info", "--format", "{{.CgroupVersion}}"]).await?.trim() == "1" {
            flags.push_str(" --memory-swappiness 0");
        }
        let tmpfs = [
            ("/tmp", 64 << 20, 8_192, "1777"),
            ("/input", 2 << 20, 16, "0700"),
            ("/output", 4 << 20, 64, "0700"),
            ("/dev/shm", 16 << 20, 1_024, "1777"),
        ];
        let mut arguments: Vec<String> = flags.split_whitespace().map(str::to_owned).collect();
        for (target, bytes, inodes, mode) in tmpfs {
            let options = format!("rw,noexec,nosuid,nodev,size={bytes},nr_inodes={inodes},mode={mode},uid={UID},gid={UID}");
            arguments.extend(["--tmpfs".into(), format!("{target}:{options}")]);
        }
        arguments.extend(["--security-opt".into(), format!("seccomp={}", profile.display())]);
        arguments.extend(["--env".into(), format!("INPUT={input}"), image.into()]);
        Ok(Self { arguments })
    }

    /// Run it once and wait for its end.
    ///
    /// # Errors
    /// When it does not succeed.
    pub async fn run(&self) -> Result<(), BoxError> {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        docker(&arguments).await.map(drop)
    }
}

/// How many warm containers of an installation run, whether they are parked already or not.
///
/// # Errors
/// When the engine does not answer.
pub async fn warm_containers(installation: &str) -> Result<usize, BoxError> {
    let (name, status) = (format!("name=tm-{installation}-warm-"), "status=running");
    Ok(docker(&["ps", "--quiet", "--filter", &name, "--filter", status]).await?.lines().count())
}

async fn docker(arguments: &[&str]) -> Result<String, BoxError> {
    let done = Command::new("docker").args(arguments).output().await?;
    if done.status.success() { Ok(String::from_utf8(done.stdout)?) } else { Err(String::from_utf8_lossy(&done.stderr).into()) }
}
