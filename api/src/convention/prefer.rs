//! `Prefer: wait=N` (RFC 7240 § 4.3): the caller would rather wait for the end than ask again.

use std::convert::Infallible;
use std::str::FromStr;
use std::time::Duration;

use poem::Response;
use poem::http::HeaderValue;
use poem_openapi::registry::MetaSchema;
use serde_json::Value;

use super::header::{header_parameter, plain};

/// Longest wait in one request; more is taken for this.
const WAIT_SECONDS_MAX: u64 = 30;

/// How long the caller would wait. Preferences that we do not know are none (RFC 7240 § 2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prefer {
    pub wait: Option<Duration>,
}

impl FromStr for Prefer {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self { wait: wait(text) })
    }
}

fn wait(text: &str) -> Option<Duration> {
    let seconds = text.split([',', ';']).find_map(|preference| {
        let (name, value) = preference.split_once('=')?;
        let named = name.trim().eq_ignore_ascii_case("wait");
        named.then(|| value.trim().trim_matches('"').parse::<u64>().ok())?
    })?;
    Some(Duration::from_secs(seconds.min(WAIT_SECONDS_MAX))).filter(|wait| !wait.is_zero())
}

/// Say that the caller was given the wait that was preferred.
pub fn say_applied(response: &mut Response, granted: Option<Duration>) {
    if let Some(applied) = granted.and_then(|wait| HeaderValue::from_str(&format!("wait={}", wait.as_secs())).ok()) {
        response.headers_mut().insert("preference-applied", applied);
    }
}

fn schema() -> MetaSchema {
    MetaSchema {
        description: Some("`wait=N` waits up to N seconds, at most 30, for the operation's end and answers 200 with it."),
        example: Some(Value::from("wait=10")),
        ..MetaSchema::new("string")
    }
}

header_parameter!(Prefer, schema(), plain::<Prefer>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_wait_that_makes_sense_counts() {
        let seconds = |text: &str| wait(text).map(|wait| wait.as_secs());
        assert_eq!(seconds("wait=5"), Some(5));
        assert_eq!(seconds("respond-async, WAIT = \"7\""), Some(7));
        assert_eq!(seconds("wait=3600"), Some(30));
        for nothing in ["wait=0", "wait", "wait=-1", "wait=soon", "respond-async", ""] {
            assert_eq!(seconds(nothing), None, "{nothing}");
        }
    }
}
