//! `./run`: whoever types it stays where they are, and finds the checkout's data wherever that is.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use e2e::{handed, program};

/// A folder in which nothing is built: `cargo` does nothing, and the program is the one that was built for the tests.
struct Shell {
    folder: tempfile::TempDir,
}

impl Shell {
    fn open() -> Self {
        let folder = tempfile::tempdir().expect("the temporary directory can be written");
        for part in ["bin", "target/debug", "elsewhere"] {
            std::fs::create_dir_all(folder.path().join(part)).expect("a folder can be made");
        }
        let cargo = folder.path().join("bin/cargo");
        std::fs::write(&cargo, "#!/bin/sh\n").expect("a script can be written");
        std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).expect("it can be made a program");
        symlink(program(), folder.path().join("target/debug/tallyman")).expect("a link can be made");
        Self { folder }
    }

    fn elsewhere(&self) -> PathBuf {
        self.folder.path().join("elsewhere").canonicalize().expect("it was made")
    }

    fn run(&self, words: &[&str], settings: &[(&str, &str)]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in the workspace").join("run");
        let path = format!("{}:{}", self.folder.path().join("bin").display(), handed("PATH"));
        let mut command = Command::new(script);
        command.args(words).current_dir(self.elsewhere()).env_clear().env("PATH", path).env("TALLYMAN_SUPERVISOR", "/bin/true");
        command.env("CARGO_TARGET_DIR", self.folder.path().join("target")).envs(settings.iter().copied());
        command.output().expect("the script can be started")
    }
}

#[test]
fn whoever_types_it_stays_where_they_are() {
    let shell = Shell::open();
    let ran = shell.run(&["agent", "init"], &[]);
    let (said, place) = (String::from_utf8_lossy(&ran.stdout), shell.elsewhere().join("secret_key.json"));
    assert!(ran.status.success() && place.is_file(), "{ran:?}");
    assert!(said.contains(&place.display().to_string()), "it says where the key lies: {said}");

    std::fs::write(shell.elsewhere().join("input.json"), "nonsense").expect("it can be written");
    let tried = shell.run(&["try", "tallyman/nowhere:dev", "--input", "@input.json"], &[("TALLYMAN_SANDBOX_PULL_POLICY", "never")]);
    let said = String::from_utf8_lossy(&tried.stderr);
    assert!(said.contains("the input is not JSON"), "the file beside the caller is found: {said}");
}

#[test]
fn data_lies_where_somebody_has_said() {
    let shell = Shell::open();
    let data = shell.elsewhere().join("mine");
    let ran = shell.run(&["migrate", "up"], &[("DATA_DIR", "mine")]);
    assert!(ran.status.success() && data.join("tallyman.db").is_file(), "{ran:?}");
}
