//! How a kind of job is treated: where it runs, how often, how long, and what it must not do at the same time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A set of workers that take the same kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pool {
    Containers,
    Settlement,
    Keys,
    Vaults,
    Embeddings,
    Simulation,
    Indexer,
    Notify,
    Tools,
    Upkeep,
}

impl Pool {
    pub const ALL: [Self; 10] = [
        Self::Containers,
        Self::Settlement,
        Self::Keys,
        Self::Vaults,
        Self::Embeddings,
        Self::Simulation,
        Self::Indexer,
        Self::Notify,
        Self::Tools,
        Self::Upkeep,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Containers => "containers",
            Self::Settlement => "settlement",
            Self::Keys => "keys",
            Self::Vaults => "vaults",
            Self::Embeddings => "embeddings",
            Self::Simulation => "simulation",
            Self::Indexer => "indexer",
            Self::Notify => "notify",
            Self::Tools => "tools",
            Self::Upkeep => "upkeep",
        }
    }

    /// The pool of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pool| pool.name() == name)
    }
}

impl std::fmt::Display for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// How a kind of job is treated.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    pub pool: Pool,
    /// Tries that may end in an error; the last of them fails the job.
    pub failures_max: u32,
    /// Leases that may be lost while running; the last of them quarantines the job.
    pub deaths_max: u32,
    pub run_seconds_max: Limit,
    pub backoff: Backoff,
    /// 0 … 9; a higher one is claimed first.
    pub priority: i16,
}

impl Policy {
    /// The middle of the scale.
    pub const NORMAL: i16 = 4;
}

/// How long one attempt may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    Seconds(u32),
    /// The configured timeout of an execution, and some more for its container to come and go.
    OfExecution {
        extra_seconds: u32,
    },
}

/// How long a job waits after its n-th failure: `base · 2^(n−1)`, at most `max`, give or take `jitter_percent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    pub base_ms: u32,
    pub max_ms: u32,
    pub jitter_percent: u8,
}

impl Backoff {
    /// 1 s, 2 s, 4 s … 10 min.
    pub const STEADY: Self = Self { base_ms: 1_000, max_ms: 600_000, jitter_percent: 20 };
    /// 100 ms, 200 ms … 30 s, for what is soon mended.
    pub const QUICK: Self = Self { base_ms: 100, max_ms: 30_000, jitter_percent: 20 };

    /// The wait after the `failures`-th failure (from 1). `chance` is uniform over all of `u32` and places the wait inside the jitter.
    #[must_use]
    pub fn after(self, failures: u32, chance: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let wait = (u64::from(self.base_ms) << doublings).min(u64::from(self.max_ms));
        let spread = wait * u64::from(self.jitter_percent) / 100;
        let offset = (2 * spread).saturating_mul(u64::from(chance)) / u64::from(u32::MAX);
        Duration::from_millis(wait - spread + offset)
    }
}

/// At most one job for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unique {
    /// While an earlier one is queued, running or retrying.
    WhileLive { key: String },
    /// As above, and for so long after it was enqueued, whatever became of it.
    For { key: String, period: Duration },
}

impl Unique {
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::WhileLive { key } | Self::For { key, .. } => key,
        }
    }
}

/// What jobs with one key may do at the same time, over all workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concurrency {
    pub key: String,
    /// How many may run at once; `None` is no bound. 1 keeps them in order.
    pub running_max: Option<u32>,
    /// How many may start in a span of time; `None` is no bound.
    pub rate: Option<Rate>,
}

impl Concurrency {
    /// Both databases keep the bounds in 32 bits, and the tokens of a rate in thousandths of one.
    ///
    /// # Errors
    /// What is wrong and what would be right.
    pub fn check(&self) -> Result<(), &'static str> {
        let fits = |number: u32, most: i32| (1..=most.unsigned_abs()).contains(&number);
        if self.running_max.is_some_and(|max| !fits(max, i32::MAX)) {
            return Err("running_max is 1 … 2147483647");
        }
        match self.rate {
            Some(Rate { max, .. }) if !fits(max, i32::MAX / 1_000) => Err("a rate is 1 … 2147483 starts"),
            Some(Rate { window, .. }) if window.as_millis() == 0 => Err("a rate's window is 1 ms or longer"),
            _ => Ok(()),
        }
    }
}

/// A token bucket: `max` starts at once, refilled evenly over `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub max: u32,
    pub window: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_its_bound_and_stays_inside_its_jitter() {
        let exact = Backoff { base_ms: 100, max_ms: 1_000, jitter_percent: 0 };
        let waits: Vec<_> = (1..=6).map(|n| exact.after(n, u32::MAX).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(exact.after(u32::MAX, 0).as_millis(), 1_000, "a huge count does not overflow");
        let jittered = Backoff { jitter_percent: 20, ..exact };
        assert_eq!((jittered.after(1, 0).as_millis(), jittered.after(1, u32::MAX).as_millis()), (80, 120));
    }

    #[test]
    fn every_pool_is_found_by_its_name() {
        assert!(Pool::ALL.into_iter().all(|pool| Pool::named(pool.name()) == Some(pool)));
        assert_eq!(Pool::named("Containers"), None);
    }
}
