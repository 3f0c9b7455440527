//! How much in how long, as a setting spells it: `100/15m/ip`, `off`, or a bare number, which is per minute.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};

/// The longest window: a month.
const WINDOW_SECONDS_MAX: u32 = 31 * 86_400;
const QUOTA_MAX: u32 = 1_000_000_000;

/// A limit, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    Off,
    Of {
        quota: u32,
        window_seconds: u32,
        /// `None` when the setting does not say.
        per: Option<Per>,
    },
}

/// Whose use is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// One address; of IPv6 one /64 network, which is what one customer has.
    Ip,
    /// One signed-in user, or one key.
    User,
    /// One e-mail address.
    Email,
}

/// A text that is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no rate: write for example 100/15m/ip, 10/1h/user, or off")]
pub struct RateError(String);

impl Rate {
    #[must_use]
    pub const fn of(quota: u32, window_seconds: u32, per: Per) -> Self {
        Self::Of { quota, window_seconds, per: Some(per) }
    }
}

impl Per {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::User => "user",
            Self::Email => "email",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Ip, Self::User, Self::Email].into_iter().find(|per| per.name() == name)
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let refuse = || RateError(text.to_owned());
        if text == "off" {
            return Ok(Self::Off);
        }
        let parts: Vec<&str> = text.split('/').collect();
        let (quota, window, per) = match *parts.as_slice() {
            [quota] => (quota, "1m", None),
            [quota, window] => (quota, window, None),
            [quota, window, per] => (quota, window, Some(Per::named(per).ok_or_else(refuse)?)),
            _ => return Err(refuse()),
        };
        let quota = quota.parse().ok().filter(|quota| (1..=QUOTA_MAX).contains(quota)).ok_or_else(refuse)?;
        let window_seconds = seconds(window).ok_or_else(refuse)?;
        Ok(Self::Of { quota, window_seconds, per })
    }
}

/// `90s`, `15m`, `1h`, `1d`.
fn seconds(window: &str) -> Option<u32> {
    let (number, unit) = window.split_at_checked(window.len().checked_sub(1)?)?;
    let unit_seconds: u32 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let seconds = number.parse::<u32>().ok()?.checked_mul(unit_seconds)?;
    (1..=WINDOW_SECONDS_MAX).contains(&seconds).then_some(seconds)
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// The window as a span of time.
#[must_use]
pub fn window(window_seconds: u32) -> Duration {
    Duration::from_secs(window_seconds.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_says_how_many_in_how_long_and_perhaps_for_whom() {
        assert_eq!("100/15m/ip".parse(), Ok(Rate::of(100, 900, Per::Ip)));
        assert_eq!("10/1h".parse(), Ok(Rate::Of { quota: 10, window_seconds: 3_600, per: None }));
        assert_eq!("30".parse(), Ok(Rate::Of { quota: 30, window_seconds: 60, per: None }));
        assert_eq!("off".parse(), Ok(Rate::Off));
        for wrong in ["", "0/1m", "-1", "10/0s", "10/32d", "10/1h/door", "10/h", "10/1€", "1/1m/ip/ip", "1000000001/1m", "on"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }
}
