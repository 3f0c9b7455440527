//! How people get in, and for how long.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

/// Section `sign_in`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long what was read of a user, or of a sign-in, is believed by another process than the one that changed it.
    pub standing_ms_max: u32,
    /// How long a wallet has to answer a challenge.
    pub nonce_seconds: u32,
    /// Wrong answers after which a challenge is dead.
    pub nonce_failures_max: u32,
    /// How far `Issued At` of a message may be from now, before and after.
    pub issued_seconds_max: u32,
    /// Whether codes are sent by mail to sign in with.
    pub email_codes: bool,
    /// How long such a code is good.
    pub code_seconds: u32,
    /// How often somebody may try one.
    pub code_tries_max: u32,
    /// Our own names at Google. None: nobody signs in with Google.
    pub google_client_ids: Vec<String>,
    /// Who signs its tokens.
    pub google_issuer: String,
    /// How long an unused refresh token is good: seconds, or a number with s, m, h or d.
    #[serde(deserialize_with = "lifetime")]
    pub refresh_token_seconds: u32,
    /// The end of a sign-in, however often it is refreshed.
    #[serde(deserialize_with = "lifetime")]
    pub sign_in_seconds_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            standing_ms_max: 2_000,
            nonce_seconds: 300,
            nonce_failures_max: 5,
            issued_seconds_max: 600,
            email_codes: true,
            code_seconds: 600,
            code_tries_max: 3,
            google_client_ids: Vec::new(),
            google_issuer: "https://accounts.google.com".into(),
            refresh_token_seconds: 7 * 86_400,
            sign_in_seconds_max: 90 * 86_400,
        }
    }
}

pub(super) fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

/// `604800` or `7d`, as `JWT_EXPIRY` is written elsewhere.
fn lifetime<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    struct Lifetime;

    impl de::Visitor<'_> for Lifetime {
        type Value = u32;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a lifetime in seconds, or one such as 30m, 12h or 7d")
        }

        fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<u32, E> {
            u32::try_from(seconds)
                .ok()
                .filter(|seconds| *seconds > 0)
                .ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(seconds), &self))
        }

        fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<u32, E> {
            u64::try_from(seconds)
                .map_err(|_| E::invalid_value(de::Unexpected::Signed(seconds), &self))
                .and_then(|seconds| self.visit_u64(seconds))
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<u32, E> {
            let refuse = || E::invalid_value(de::Unexpected::Str(text), &self);
            let number = text.trim_end_matches(|unit: char| unit.is_ascii_alphabetic());
            let unit_seconds = match &text[number.len()..] {
                "" | "s" => 1,
                "m" => 60,
                "h" => 3_600,
                "d" => 86_400,
                _ => return Err(refuse()),
            };
            let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit_seconds)).ok_or_else(refuse)?;
            u32::try_from(seconds).ok().filter(|seconds| *seconds > 0).ok_or_else(refuse)
        }
    }

    deserializer.deserialize_any(Lifetime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_seconds_or_says_its_unit() {
        let read = |json: &str| {
            serde_json::from_str::<Settings>(&format!(r#"{{"refresh_token_seconds": {json}}}"#)).map(|it| it.refresh_token_seconds)
        };
        assert_eq!(read("60").unwrap(), 60);
        assert_eq!((read(r#""7d""#).unwrap(), read(r#""12h""#).unwrap(), read(r#""90""#).unwrap()), (604_800, 43_200, 90));
        for wrong in ["0", "-1", r#""""#, r#""d""#, r#""1y""#, r#""0d""#, r#""99999999999d""#, "true"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
