//! Counting how often something happens, for all processes together.

use std::time::Duration;

use async_trait::async_trait;

/// Keeps buckets that use fills and time empties, by the generic cell rate algorithm (ITU-T I.371, virtual scheduling): a bucket is one
/// moment, the one at which everything that was taken is free again. A unit is free `interval` after it was taken, and at most `quota`
/// units are taken at a time.
#[async_trait]
pub trait Limiter: Send + Sync {
    /// Take up to `units`, or as many as are free. One atomic step, on the clock of whoever keeps the buckets, so that any number
    /// of processes together never take more than there is.
    ///
    /// # Errors
    /// When nobody keeps buckets right now.
    async fn take(&self, bucket: &Bucket, units: u32) -> Result<Taken, LimiterError>;
}

/// What is counted, and how much of it there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Policy and subject; says neither addresses nor names.
    pub key: String,
    /// Units that can be taken at once, at least 1.
    pub quota: u32,
    /// Microseconds until a unit is free again, at least 1.
    pub interval_us: i64,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// How many were free, up to what was asked for; 0 is a refusal.
    pub units: u32,
    /// How long until all that was ever taken is free again.
    pub full_in: Duration,
}

/// Nobody keeps buckets right now.
#[derive(Debug, thiserror::Error)]
#[error("the limiter does not answer: {reason}")]
pub struct LimiterError {
    pub reason: String,
}

impl crate::Fault for LimiterError {
    fn class(&self) -> crate::Class {
        crate::Class::Unavailable
    }

    fn code(&self) -> &'static str {
        "unavailable"
    }
}

impl Bucket {
    /// How long it takes until a full bucket is empty.
    #[must_use]
    pub fn span(&self) -> Duration {
        Duration::from_micros(self.span_us().unsigned_abs())
    }

    #[must_use]
    pub fn interval(&self) -> Duration {
        Duration::from_micros(self.interval_us.unsigned_abs())
    }

    /// The same in microseconds.
    #[must_use]
    pub fn span_us(&self) -> i64 {
        self.interval_us.saturating_mul(self.quota.into())
    }
}
