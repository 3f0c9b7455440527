//! `Prefer: wait=N` (RFC 7240 § 4.3): the caller would rather wait for the end than ask again.

use std::time::Duration;

use poem::Request;
use poem_openapi::registry::MetaSchema;
use serde_json::Value;

use super::header::header_parameter;
use crate::problem::Problem;

/// Longest wait in one request; more is taken for this.
const WAIT_SECONDS_MAX: u64 = 30;

/// How long the caller would wait. Preferences that we do not know are none (RFC 7240 § 2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prefer {
    pub wait: Option<Duration>,
}

impl Prefer {
    #[expect(clippy::unnecessary_wraps, reason = "a preference is never an error, other headers may be")]
    fn read(_: &Request, _: &str, text: Option<&str>) -> Result<Self, Problem> {
        Ok(Self { wait: text.and_then(wait) })
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

fn schema() -> MetaSchema {
    MetaSchema {
        description: Some("`wait=N` waits up to N seconds, at most 30, for the operation's end and answers 200 with it."),
        example: Some(Value::from("wait=10")),
        ..MetaSchema::new("string")
    }
}

header_parameter!(Prefer, schema(), Prefer::read);

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
