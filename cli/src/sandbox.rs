//! The container engine of this process, put together with the book that it writes its containers down in.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::ports::sandbox::ContainerLog;
use platform::Rng;
use workers::sandbox::{DockerSandbox, Settings};

/// # Errors
/// When a setting is wrong or there is no supervisor. An engine that is away is no error: it may come later.
pub fn connect(
    settings: &Settings,
    installation: String,
    log: Arc<dyn ContainerLog>,
    rng: Arc<dyn Rng>,
) -> Result<Arc<DockerSandbox>, Box<dyn Error>> {
    let supervisor_path = supervisor(&settings.supervisor_path)?;
    let settings = Settings { supervisor_path, ..settings.clone() };
    let keys = move || {
        let mut key = [0; 32];
        rng.fill(&mut key);
        key
    };
    Ok(DockerSandbox::connect(settings, installation, log, Arc::new(keys))?)
}

/// The supervisor as configured, else the one that lies beside this program.
fn supervisor(configured: &Path) -> Result<PathBuf, String> {
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join("tallyman-supervisor")));
    let found = [Some(configured.to_owned()), beside].into_iter().flatten().find(|path| path.is_file());
    found.ok_or_else(|| {
        format!(
            "the supervisor is not at {}: build it with scripts/build-supervisor and set TALLYMAN_SUPERVISOR to the path that it prints",
            configured.display()
        )
    })
}
