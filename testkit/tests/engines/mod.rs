//! The engines that `./test` started, and private ones that a test may kill.

use std::path::Path;
use std::process::{Command, Output};

#[expect(clippy::disallowed_methods, reason = "`./test` hands its engines to the tests in the environment")]
pub fn handed(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run the tests with `./test`, or `. DIR/env` after `scripts/services start DIR`"))
}

/// What a command printed; it has to succeed.
pub fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("it prints UTF-8").trim().to_owned()
}

pub fn services(verb: &str, folder: &Path) -> Command {
    let mut command = Command::new(handed("TEST_SERVICES"));
    command.arg(verb).arg(folder);
    command
}

/// Ends what was started in the folder, also when the test fails.
pub struct Private(pub tempfile::TempDir);

impl Private {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("the temporary directory can be written"))
    }

    pub fn run(&self, verb: &str, how: &[&str]) -> String {
        run(services(verb, self.0.path()).args(how))
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        let stopped = services("stop", self.0.path()).status();
        assert!(stopped.is_ok_and(|status| status.success()), "`scripts/services stop` failed");
    }
}
