//! Typed ids: a UUIDv7 in the database, `exe_0198…` everywhere else.

use sea_orm::{DbErr, TryFromU64};
use uuid::Uuid;

/// An id text that is not `<prefix>_<32 hexadecimal digits>`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not an id of the form {prefix}_<32 hexadecimal digits>")]
pub struct ParseIdError {
    pub prefix: &'static str,
    pub given: String,
}

/// What every typed id can do; for code that is generic over ids.
pub trait TypedId: Copy + From<Uuid> + Into<Uuid> + std::fmt::Display + std::str::FromStr<Err = ParseIdError> {
    const PREFIX: &'static str;
}

macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident($prefix:literal)),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
        pub struct $name(Uuid);

        impl TypedId for $name {
            const PREFIX: &'static str = $prefix;
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.as_simple())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse($prefix, text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )+};
}

typed_id! {
    /// One row of work.
    JobId("job"),
    /// A person, or the bootstrap architect.
    UserId("usr"),
    /// Something that a user has proved to be theirs.
    IdentityId("idn"),
    /// One sign-in: a family of refresh tokens.
    SignInId("sin"),
    /// What an agent or a vendor says about itself.
    ProfileId("prf"),
    /// A device that acts for somebody.
    DeviceLinkId("lnk"),
    /// A key for programs.
    ApiKeyId("key"),
    /// A sellable agent.
    AgentId("agt"),
    /// One run of an agent.
    ExecutionId("exe"),
    /// The right of one user to run one agent.
    EntitlementId("ent"),
    /// One event on a topic.
    EventId("evt"),
    /// One line of an audit log.
    AuditId("aud"),
    /// Where somebody wants to be told of events.
    WebhookId("whk"),
    /// One event on its way to one webhook.
    DeliveryId("dlv"),
    /// One mail to one person.
    MailId("mal"),
    /// One code that was sent to a mail address.
    OtpCodeId("otp"),
    /// Money on its way from a vendor's balance to their wallet.
    PayoutId("pay"),
    /// One transaction that pays many payouts.
    BatchId("bat"),
    /// One transaction that was signed.
    ChainTransactionId("ctx"),
    /// Money of one mint that somebody holds, or owes.
    AccountId("acc"),
    /// One movement of money between two accounts.
    TransferId("trf"),
    /// One payment that an agent has signed.
    IntentId("int"),
    /// Signed payments that were handed in together.
    IntentBatchId("inb"),
    /// Money that arrived on chain.
    DepositId("dep"),
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, ParseIdError> {
    let refuse = || ParseIdError { prefix, given: text.chars().take(64).collect() };
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or_else(refuse)?;
    let canonical = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !canonical {
        return Err(refuse());
    }
    Uuid::try_parse(digits).map_err(|_| refuse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_writes_and_refuses_another_kind() {
        let id = JobId::from(Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001));
        let text = id.to_string();
        assert_eq!(text, "job_01980000000070008000000000000001");
        assert_eq!(text.parse(), Ok(id));
        assert!(text.parse::<UserId>().is_err());
        assert!("job_01980000000070008000000000000001a".parse::<JobId>().is_err());
        assert!("job_0198000000007000800000000000000G".parse::<JobId>().is_err());
        assert!("job_0198000000007000800000000000000A".parse::<JobId>().is_err(), "one id has one spelling");
    }
}
