//! The keys of the provider as this process knows them. They are kept as long as the provider says; a key that nobody has heard of is asked
//! for, but not again and again; and when the provider is away, what is known goes on for a while.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use entities::Timestamp;
use tokio::sync::Mutex as Turn;

use super::jwk::ProviderKey;
use super::provider::{self, ProviderError};
use crate::ports::http_out::HttpOut;

/// How long keys go on that ought to be asked for again, while the provider does not answer.
const OUTAGE_MAX: Duration = Duration::from_hours(1);
/// Between two questions about keys that nobody has heard of: whoever makes names up does not make us ask.
const UNKNOWN_EVERY: Duration = Duration::from_mins(1);
/// Between two questions to a provider that does not answer.
const SILENT_EVERY: Duration = Duration::from_secs(5);

/// Cheap to clone; all clones know the same.
#[derive(Clone, Default)]
pub struct KeyBook(Arc<Book>);

#[derive(Default)]
struct Book {
    known: Mutex<Known>,
    /// Held while the provider is asked, so that it is asked once for all who wait.
    turn: Turn<()>,
}

#[derive(Default)]
struct Known {
    keys: Vec<ProviderKey>,
    good_until: Option<Timestamp>,
    asked_at: Option<Timestamp>,
}

/// There is no key of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("the identity provider has no key of that name")]
    Unknown,
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

impl KeyBook {
    /// The key of that name.
    ///
    /// # Errors
    /// [`KeyError::Unknown`]; [`KeyError::Provider`] when nobody can tell.
    pub async fn key(&self, http: &dyn HttpOut, issuer: &str, kid: &str, now: Timestamp) -> Result<ProviderKey, KeyError> {
        if let Some(key) = self.fresh(kid, now) {
            return Ok(key);
        }
        let _turn = self.0.turn.lock().await;
        if let Some(key) = self.fresh(kid, now) {
            return Ok(key);
        }
        let trouble = self.ask(http, issuer, now).await.err();
        let known = self.known();
        let usable = known.good_until.is_some_and(|end| now < end.plus(OUTAGE_MAX));
        match (known.keys.iter().find(|key| usable && key.kid == kid), trouble) {
            (Some(key), _) => Ok(key.clone()),
            (None, Some(error)) => Err(error.into()),
            (None, None) => Err(KeyError::Unknown),
        }
    }

    /// Ask, unless that was done a moment ago.
    async fn ask(&self, http: &dyn HttpOut, issuer: &str, now: Timestamp) -> Result<(), ProviderError> {
        let (is_fresh, asked_at) = {
            let known = self.known();
            (known.good_until.is_some_and(|end| now < end), known.asked_at)
        };
        let every = if is_fresh { UNKNOWN_EVERY } else { SILENT_EVERY };
        if asked_at.is_some_and(|asked| now >= asked && now.since(asked) < every) {
            return if is_fresh { Ok(()) } else { Err(ProviderError::Resting) };
        }
        self.known().asked_at = Some(now);
        match provider::keys(http, issuer).await {
            Ok((keys, kept)) => {
                let mut known = self.known();
                (known.keys, known.good_until) = (keys, Some(now.plus(kept)));
                Ok(())
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the identity provider's keys cannot be asked for");
                Err(error)
            }
        }
    }

    fn fresh(&self, kid: &str, now: Timestamp) -> Option<ProviderKey> {
        let known = self.known();
        known.good_until.filter(|end| now < *end)?;
        known.keys.iter().find(|key| key.kid == kid).cloned()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
