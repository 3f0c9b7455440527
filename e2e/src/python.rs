//! Scripts with libraries of others: what they say to what we say over the wire.

use std::path::Path;
use std::process::Command;

use testkit::engines::handed;

/// A script of `e2e/python`, with the libraries that `./test` installs.
#[must_use]
pub fn python(script: &str) -> Command {
    let mut command = Command::new("python3");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
    command.arg(folder.join(script)).env("PYTHONPATH", handed("TEST_PYTHONPATH")).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}
