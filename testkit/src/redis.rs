//! Redis for tests: the one that all share, and a private one that a test may kill.

use crate::engines::{Private, handed};

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
    engine: Private,
    pub url: String,
}

impl PrivateRedis {
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        let engine = Private::new();
        let url = engine.start("redis");
        Self { engine, url }
    }

    /// End it at once, as a crash would.
    ///
    /// # Panics
    /// When it does not end.
    pub fn kill(&self) {
        self.engine.stop("redis", "kill");
    }

    /// Start it again on its data and its port.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&self) {
        assert_eq!(self.engine.start("redis"), self.url);
    }
}
