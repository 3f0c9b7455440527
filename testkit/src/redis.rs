//! Redis for tests: the one that all share, and a private one that a test may kill.

use std::process::Command;

use tempfile::TempDir;

use crate::database::handed;

/// Where the Redis listens that all tests share. Keep to keys of your own.
///
/// # Panics
/// When `./test` has not started it.
#[must_use]
pub fn shared_redis_url() -> String {
    handed("TEST_REDIS_URL")
}

/// A Redis that nobody else uses, with its data on disk. It ends with the value.
pub struct PrivateRedis {
    folder: TempDir,
    pub url: String,
}

impl PrivateRedis {
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("the temporary directory can be written");
        let mut redis = Self { folder, url: String::new() };
        redis.url = redis.services("redis-start", &[]);
        redis
    }

    /// End it at once, as a crash would.
    ///
    /// # Panics
    /// When it does not end.
    pub fn kill(&self) {
        self.services("redis-stop", &["kill"]);
    }

    /// Start it again on its data and its port.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&self) {
        assert_eq!(self.services("redis-start", &[]), self.url);
    }

    fn services(&self, verb: &str, how: &[&str]) -> String {
        let mut command = Command::new(handed("TEST_SERVICES"));
        let output = command.arg(verb).arg(self.folder.path()).args(how).output();
        let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        assert!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        self.services("stop", &[]);
    }
}
