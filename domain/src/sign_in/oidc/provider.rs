//! Asking a provider for its keys: where they are (OIDC Discovery 1.0 § 4), and then for them.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::jwk::{Jwk, ProviderKey};
use crate::fault::{Class, Fault};
use crate::ports::http_out::{HttpOut, HttpOutError, HttpRequest};

const TIME_MAX: Duration = Duration::from_secs(5);
const BYTES_MAX: usize = 64 * 1024;
const KEYS_MAX: usize = 32;
/// How long keys are kept when the provider does not say, and the least and the most, whatever it says.
const KEPT: (Duration, Duration, Duration) = (Duration::from_mins(5), Duration::from_mins(1), Duration::from_hours(24));

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<serde_json::Value>,
}

/// The provider cannot be asked for its keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    #[error("there is no way out of this process")]
    NoWayOut,
    #[error("the identity provider cannot be asked at {url}")]
    Http { url: String, source: HttpOutError },
    #[error("the identity provider answers {status} at {url}")]
    Status { url: String, status: u16 },
    #[error("the identity provider says at {url} what cannot be used: {what}")]
    Malformed { url: String, what: &'static str },
    #[error("the identity provider did not answer a moment ago")]
    Resting,
}

impl Fault for ProviderError {
    fn class(&self) -> Class {
        Class::Unavailable
    }

    fn code(&self) -> &'static str {
        "identity-provider-unavailable"
    }
}

/// The keys of the provider, and how long they may be kept.
pub async fn keys(http: &dyn HttpOut, issuer: &str) -> Result<(Vec<ProviderKey>, Duration), ProviderError> {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let (discovery, _): (Discovery, _) = get(http, &url).await?;
    if discovery.issuer != issuer {
        return Err(ProviderError::Malformed { url, what: "it calls itself otherwise" });
    }
    let (set, kept): (JwkSet, _) = get(http, &discovery.jwks_uri).await?;
    // A key of a kind that we do not know is no reason to refuse the others.
    let jwks = set.keys.into_iter().take(KEYS_MAX).filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    Ok((jwks.filter_map(|jwk| ProviderKey::of(&jwk)).collect(), kept))
}

async fn get<T: DeserializeOwned>(http: &dyn HttpOut, url: &str) -> Result<(T, Duration), ProviderError> {
    let answer = http.send(HttpRequest::get(url, TIME_MAX, BYTES_MAX)).await;
    let answer = answer.map_err(|source| ProviderError::Http { url: url.to_owned(), source })?;
    if answer.status != 200 {
        return Err(ProviderError::Status { url: url.to_owned(), status: answer.status });
    }
    let malformed = |what| ProviderError::Malformed { url: url.to_owned(), what };
    if !answer.is_whole {
        return Err(malformed("it is too long, or was cut off"));
    }
    let document = serde_json::from_slice(&answer.body).map_err(|_| malformed("it is not the JSON that was asked for"))?;
    let age = answer.header("age").and_then(|age| age.parse().ok()).unwrap_or(0);
    Ok((document, kept(answer.header("cache-control").unwrap_or_default(), age)))
}

/// What `Cache-Control` allows (RFC 9111 § 5.2.2), within bounds.
fn kept(cache_control: &str, age_seconds: u64) -> Duration {
    let (unsaid, least, most) = KEPT;
    let directives = || cache_control.split(',').map(|directive| directive.trim().to_ascii_lowercase());
    if directives().any(|directive| directive == "no-store" || directive == "no-cache") {
        return least;
    }
    let said = directives().find_map(|directive| directive.strip_prefix("max-age=")?.trim_matches('"').parse::<u64>().ok());
    let left = said.map_or(unsaid, |seconds| Duration::from_secs(seconds.saturating_sub(age_seconds)));
    left.clamp(least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kept_as_long_as_their_provider_says_and_within_bounds() {
        for (cache_control, age, seconds) in [
            ("public, max-age=19845, must-revalidate, no-transform", 0, 19_845),
            ("Max-Age=\"600\"", 100, 500),
            ("", 0, 300),
            ("private", 1_000, 300),
            ("no-store, max-age=9999", 0, 60),
            ("max-age=0", 0, 60),
            ("max-age=600", 900, 60),
            ("max-age=99999999", 0, 86_400),
            ("max-age=soon", 0, 300),
        ] {
            assert_eq!(kept(cache_control, age), Duration::from_secs(seconds), "{cache_control}");
        }
    }
}
