//! How often something may happen: named policies in one table ([`Settings`]), counted for all processes together.
//!
//! Requests are counted by [`Limits::count`]: over the shared [`Limiter`](crate::ports::limiter::Limiter) of this process (Redis) when it has
//! one and it answers, else over SQL. What a transaction does is counted in it by [`Limits::count_in`], always over SQL: a rollback counts nothing.
//! `docs/limits.md` says what callers see.

mod error;
mod held;
mod policy;
mod rate;
mod sql;

use std::time::Duration;

use platform::Txn;
use tokio::time::Instant;

pub use error::{LimitError, LimitReached, seconds_up};
pub use held::Held;
pub use policy::{Policy, Settings, SettingsError};
pub use rate::{Per, Rate, RateError};
pub use sql::{SqlLimiter, prune};

use crate::context::Domain;
use crate::ports::limiter::{Bucket, Limiter as _, LimiterError, Taken};
use held::{Share, Word};

/// The limits of the installation.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    pub(crate) domain: &'a Domain,
}

/// How a subject stands with a policy, for the headers of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub policy: Policy,
    pub quota: u32,
    pub window: Duration,
    /// Units that are free now, as far as this process knows.
    pub remaining: u32,
    /// How long until all are free.
    pub full_in: Duration,
}

impl Limits<'_> {
    /// Count one use. `None` where the policy is off.
    ///
    /// # Errors
    /// [`LimitError::Reached`] when there is nothing left; [`LimitError::Limiter`] when nobody can count.
    pub async fn count(&self, policy: Policy, subject: &str) -> Result<Option<Standing>, LimitError> {
        let Rate::Of { quota, window_seconds, .. } = self.domain.settings.limits.of(policy) else { return Ok(None) };
        let bucket = policy.bucket(subject, quota, window_seconds);
        let share = self.domain.held.share(&bucket);
        let mut share = share.lock().await;
        let mut word = share.spend(&bucket, Instant::now());
        if word == Word::Ask {
            let asked = Instant::now();
            let taken = self.take(&bucket, Share::part(&bucket)).await?;
            word = share.learn(&bucket, asked, taken);
        }
        let now = Instant::now();
        let (remaining, full_in) = share.rest(&bucket, now);
        let standing = Standing { policy, quota, window: rate::window(window_seconds), remaining, full_in };
        match word {
            Word::No(until) => Err(reached(standing, until.saturating_duration_since(now)).into()),
            Word::Yes | Word::Ask => Ok(Some(standing)),
        }
    }

    /// Count one use in the transaction that it is about: both are kept, or neither is.
    ///
    /// # Errors
    /// As [`Limits::count`]; the transaction is good for a rollback only then.
    pub async fn count_in(&self, txn: &Txn, policy: Policy, subject: &str) -> Result<(), LimitError> {
        let Rate::Of { quota, window_seconds, .. } = self.domain.settings.limits.of(policy) else { return Ok(()) };
        let bucket = policy.bucket(subject, quota, window_seconds);
        let Taken { units, full_in } = sql::take_in(txn, &bucket, 1).await?;
        if units > 0 {
            return Ok(());
        }
        let standing = Standing { policy, quota, window: rate::window(window_seconds), remaining: 0, full_in };
        Err(reached(standing, (full_in + bucket.interval()).saturating_sub(bucket.span())).into())
    }

    async fn take(&self, bucket: &Bucket, units: u32) -> Result<Taken, LimiterError> {
        if let Some(shared) = &self.domain.ports.limiter {
            match shared.take(bucket, units).await {
                Ok(taken) => return Ok(taken),
                Err(error) => {
                    metrics::counter!("tallyman_limit_fallbacks_total").increment(1);
                    tracing::debug!(%error, "counted in the database instead");
                }
            }
        }
        SqlLimiter::new(self.domain.db.clone()).take(bucket, units).await
    }
}

fn reached(standing: Standing, retry_after: Duration) -> LimitReached {
    metrics::counter!("tallyman_limits_reached_total", "policy" => standing.policy.name()).increment(1);
    LimitReached { standing, retry_after }
}
