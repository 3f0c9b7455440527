//! The engines that `./test` started, and private ones that a test may kill.

use std::path::Path;
use std::process::{Command, Output};

#[expect(clippy::disallowed_methods, reason = "`./test` hands its engines to the tests in the environment")]
fn told(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What `./test` says under this name.
///
/// # Panics
/// When it says nothing.
#[must_use]
pub fn handed(name: &str) -> String {
    told(name)
        .unwrap_or_else(|| panic!("{name} is not set: run the tests with `./test`, or `. DIR/env` after `scripts/services start DIR`"))
}

/// The same for what may be absent.
#[must_use]
pub fn handed_perhaps(name: &str) -> Option<String> {
    told(name)
}

/// What a command printed.
///
/// # Panics
/// When it does not succeed.
pub fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("it prints UTF-8").trim().to_owned()
}

fn services(verb: &str, folder: &Path) -> Command {
    let mut command = Command::new(handed("TEST_SERVICES"));
    command.arg(verb).arg(folder);
    command
}

/// Ends what was started in the folder, also when the test fails.
pub struct Private(tempfile::TempDir);

impl Default for Private {
    fn default() -> Self {
        Self::new()
    }
}

impl Private {
    /// Nothing runs yet.
    ///
    /// # Panics
    /// When no folder can be made.
    #[must_use]
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("the temporary directory can be written"))
    }

    /// Where everything of the private engines lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Start `postgres`, `redis` or `docker`; answers its URL. A second start keeps port and data.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(&self, engine: &str) -> String {
        run(&mut services(&format!("{engine}-start"), self.folder()))
    }

    /// Stop it, as `scripts/services` knows how: `fast`, `immediate` or `kill`.
    ///
    /// # Panics
    /// When it does not end.
    pub fn stop(&self, engine: &str, how: &str) {
        run(services(&format!("{engine}-stop"), self.folder()).arg(how));
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        let stopped = services("stop", self.folder()).status();
        assert!(stopped.is_ok_and(|status| status.success()), "`scripts/services stop` failed");
    }
}
