//! The table of limits: what is counted, for whom, and how much of it there is unless a setting says otherwise.

use serde::Deserialize;

use super::rate::{Per, Rate};
use crate::ports::limiter::Bucket;

macro_rules! policies {
    ($($(#[$doc:meta])* $policy:ident $name:ident $quota:literal / $window_seconds:literal / $per:ident;)+) => {
        /// A named limit.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Policy {
            $($(#[$doc])* $policy,)+
        }

        /// Section `limits`: what each policy allows.
        #[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Settings {
            $($(#[$doc])* pub $name: Rate,)+
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($name: Rate::of($quota, $window_seconds, Per::$per),)+ }
            }
        }

        impl Policy {
            pub const ALL: &'static [Self] = &[$(Self::$policy),+];

            /// The name in headers, settings and metrics.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$policy => stringify!($name),)+
                }
            }

            /// Whose use is counted together.
            #[must_use]
            pub fn per(self) -> Per {
                match self {
                    $(Self::$policy => Per::$per,)+
                }
            }
        }

        impl Settings {
            #[must_use]
            pub fn of(&self, policy: Policy) -> Rate {
                match policy {
                    $(Policy::$policy => self.$name,)+
                }
            }
        }
    };
}

policies! {
    /// Requests of callers who are not signed in.
    Api api 100 / 900 / Ip;
    /// Requests of one signed-in user, or with one key.
    Caller caller 600 / 60 / User;
    /// Accepted runs of agents. Repetitions under an idempotency key and refused requests do not count.
    Executions executions 10 / 3_600 / User;
    /// Codes that are sent to one e-mail address.
    OtpEmail otp_email 5 / 3_600 / Email;
    /// Codes that one address asks for.
    OtpIp otp_ip 5 / 3_600 / Ip;
    /// Attempts to sign in with something that could be guessed.
    Login login 30 / 900 / Ip;
    /// Trading sessions that are created.
    Sessions sessions 10 / 60 / User;
    /// Messages to the assistant.
    Chat chat 20 / 60 / User;
    /// Devices that ask to be linked.
    Link link 20 / 900 / Ip;
    /// Questions of devices that wait for an answer: as many as those that `link` lets begin ask, each every five seconds.
    LinkPoll link_poll 3_600 / 900 / Ip;
    /// Pairing codes that one user looks up or answers: they are short, and nobody may try them all.
    LinkCode link_code 20 / 900 / User;
}

/// A setting that its policy cannot follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("[limits] {}: it counts per {}, not per {}", policy.name(), policy.per().name(), asked.name())]
pub struct SettingsError {
    policy: Policy,
    asked: Per,
}

impl Settings {
    /// # Errors
    /// When a setting asks a policy to count by something that it does not know of its callers.
    pub fn check(&self) -> Result<(), SettingsError> {
        let odd = Policy::ALL.iter().find_map(|policy| match self.of(*policy) {
            Rate::Of { per: Some(asked), .. } if asked != policy.per() => Some(SettingsError { policy: *policy, asked }),
            _ => None,
        });
        odd.map_or(Ok(()), Err)
    }

    /// No limit at all.
    #[must_use]
    pub fn off() -> Self {
        let off = Rate::Off;
        Self {
            api: off,
            caller: off,
            executions: off,
            otp_email: off,
            otp_ip: off,
            login: off,
            sessions: off,
            chat: off,
            link: off,
            link_poll: off,
            link_code: off,
        }
    }
}

impl Policy {
    /// The problem that a refusal is.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Executions => "execution-limit",
            _ => "limited",
        }
    }

    /// The bucket of one subject. Whoever reads the buckets learns no address and no name.
    pub(super) fn bucket(self, subject: &str, quota: u32, window_seconds: u32) -> Bucket {
        use sha2::{Digest as _, Sha256};
        let hash = Sha256::digest(format!("{}\n{subject}", self.name()));
        let window_us = i64::from(window_seconds) * 1_000_000;
        // Rounded up: never faster than the setting says.
        let interval_us = (window_us + i64::from(quota) - 1) / i64::from(quota);
        Bucket { key: format!("{}:{}", self.name(), hex::encode(&hash[..16])), quota, interval_us }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_may_not_count_by_what_a_policy_does_not_know() {
        assert_eq!(Settings::default().check(), Ok(()));
        let odd = Settings { api: Rate::of(1, 1, Per::Email), ..Settings::default() };
        assert_eq!(odd.check().unwrap_err().to_string(), "[limits] api: it counts per ip, not per email");
    }

    #[test]
    fn a_bucket_gives_its_quota_at_once_and_never_more_in_a_window() {
        for (quota, window_seconds) in [(7, 60), (100, 900), (600, 60), (1_000_000, 60)] {
            let bucket = Policy::Api.bucket("203.0.113.9", quota, window_seconds);
            assert!(bucket.span_us() >= i64::from(window_seconds) * 1_000_000, "{quota}/{window_seconds}");
            assert!(!bucket.key.contains("203"), "{}", bucket.key);
        }
    }
}
