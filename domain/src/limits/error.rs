//! Why something may not happen now.

use std::time::Duration;

use sea_orm::DbErr;

use super::Standing;
use crate::fault::{Class, Fault};
use crate::ports::limiter::LimiterError;

/// Why something may not happen now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy {} allows {} in {}; the next is free in {} s", standing.policy.name(), standing.quota, spelled(standing.window), seconds_up(*retry_after))]
pub struct LimitReached {
    pub standing: Standing,
    /// When the next unit is free, if nobody else takes it.
    pub retry_after: Duration,
}

/// Why something was not counted.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    #[error(transparent)]
    Reached(#[from] LimitReached),
    #[error(transparent)]
    Limiter(#[from] LimiterError),
    #[error("the database did not answer for a limit")]
    Database(#[from] DbErr),
}

impl Fault for LimitError {
    fn class(&self) -> Class {
        match self {
            Self::Reached(_) => Class::Limited,
            Self::Limiter(error) => error.class(),
            Self::Database(error) => error.class(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Reached(reached) => reached.standing.policy.code(),
            Self::Limiter(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn limit(&self) -> Option<&LimitReached> {
        match self {
            Self::Reached(reached) => Some(reached),
            _ => None,
        }
    }
}

/// Whole seconds, rounded up: whoever waits so long has waited long enough.
#[must_use]
pub fn seconds_up(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

fn spelled(window: Duration) -> String {
    match window.as_secs() {
        hours if hours % 3_600 == 0 => format!("{} h", hours / 3_600),
        minutes if minutes % 60 == 0 => format!("{} min", minutes / 60),
        seconds => format!("{seconds} s"),
    }
}
