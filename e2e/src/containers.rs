//! What an installation has on a container engine, seen past every process.

use std::process::Command;

use testkit::engines::run;
use testkit::until;

/// The containers and volumes of one installation on one engine. They end with the test.
pub struct Containers {
    host: Option<String>,
    prefix: String,
}

impl Containers {
    /// On the engine that the tests share, or on the one at `host`.
    #[must_use]
    pub fn of(installation: &str, host: Option<&str>) -> Self {
        Self { host: host.map(str::to_owned), prefix: format!("tm-{installation}-") }
    }

    /// All of them, those that have ended included.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.listed(&["ps", "--all", "--format", "{{.Names}}"])
    }

    /// Those with a process in them.
    #[must_use]
    pub fn running(&self) -> Vec<String> {
        self.listed(&["ps", "--format", "{{.Names}}"])
    }

    /// # Panics
    /// When some are still there after half a minute.
    pub async fn until_gone(&self) {
        until("every container is gone", async || self.all().is_empty()).await;
    }

    /// Copy an image here from the engine that the tests share.
    ///
    /// # Panics
    /// When it is not there: `./test` builds it.
    pub fn take_image(&self, image: &str) {
        let folder = tempfile::tempdir().expect("the temporary directory can be written");
        let file = folder.path().join("image.tar");
        run(Command::new("docker").args(["image", "save", image, "--output"]).arg(&file));
        run(docker(self.host.as_deref()).args(["image", "load", "--input"]).arg(&file));
    }

    fn listed(&self, words: &[&str]) -> Vec<String> {
        let listed = run(docker(self.host.as_deref()).args(words).arg("--filter").arg(format!("name=^{}", self.prefix)));
        listed.lines().map(str::to_owned).collect()
    }
}

impl Drop for Containers {
    fn drop(&mut self) {
        // The supervisor's volume stays with its installation, and the installation ends here. A private engine may be gone already.
        let sweep = format!(
            "docker ps --all --quiet --filter name=^{0} | xargs --no-run-if-empty docker rm --force --volumes
             docker volume ls --quiet --filter name=^{0} | xargs --no-run-if-empty docker volume rm --force",
            self.prefix
        );
        let mut shell = Command::new("sh");
        shell.args(["-c", &sweep]).envs(self.host.iter().map(|host| ("DOCKER_HOST", host)));
        let _ = shell.output();
    }
}

fn docker(host: Option<&str>) -> Command {
    let mut docker = Command::new("docker");
    docker.args(host.iter().flat_map(|host| ["--host", host]));
    docker
}
