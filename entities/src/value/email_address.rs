//! An address that a mail can be sent to.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Longest address that SMTP carries (RFC 5321 § 4.5.3.1.3, without the angle brackets).
const BYTES_MAX: usize = 254;
const LOCAL_BYTES_MAX: usize = 64;
const LABEL_BYTES_MAX: usize = 63;

/// `name@host.example` in one spelling: lower case, ASCII, nothing quoted. Two that differ in case only are one mailbox everywhere in practice.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
pub struct EmailAddress(String);

/// A text that is not such an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a mail address is written as name@host.example, with at most 254 letters, digits and usual signs")]
pub struct EmailAddressError;

impl EmailAddress {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whose mailbox it is: without `+shop`, which many servers do not look at.
    #[must_use]
    pub fn mailbox(&self) -> String {
        let (local, host) = self.0.rsplit_once('@').unwrap_or_default();
        format!("{}@{host}", local.split('+').next().filter(|name| !name.is_empty()).unwrap_or(local))
    }

    /// What stands behind the `@`.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, host)| host)
    }
}

impl std::str::FromStr for EmailAddress {
    type Err = EmailAddressError;

    fn from_str(text: &str) -> Result<Self, EmailAddressError> {
        let (local, host) = text.rsplit_once('@').ok_or(EmailAddressError)?;
        if text.len() > BYTES_MAX || !is_local_part(local) || !is_host(host) {
            return Err(EmailAddressError);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

/// A dot-atom (RFC 5322 § 3.2.3); quoted local parts exist in standards only.
fn is_local_part(local: &str) -> bool {
    let is_atom = |atom: &str| !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b));
    local.len() <= LOCAL_BYTES_MAX && local.split('.').all(is_atom)
}

/// Two or more labels of a host name (RFC 1123 § 2.1), the last of which is no number.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        let plain = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (1..=LABEL_BYTES_MAX).contains(&label.len()) && plain && !label.starts_with('-') && !label.ends_with('-')
    };
    let last = host.rsplit_once('.').map_or("", |(_, last)| last);
    host.split('.').all(is_label) && last.bytes().any(|b| b.is_ascii_alphabetic())
}

impl std::fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// For logs: whose mailbox it is stays out of them.
impl std::fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "…@{}", self.host())
    }
}

/// SeaORM asks it of whatever is a primary key; no number is an address.
impl sea_orm::TryFromU64 for EmailAddress {
    fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
        Err(sea_orm::DbErr::ConvertFromU64("EmailAddress"))
    }
}

impl Serialize for EmailAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EmailAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        let address: Result<EmailAddress, _> = "Ann.Miller+Shop@Mail.Example".parse();
        assert_eq!(address.as_ref().map(EmailAddress::as_str), Ok("ann.miller+shop@mail.example"));
        assert_eq!(address.as_ref().map(EmailAddress::mailbox).as_deref(), Ok("ann.miller@mail.example"));
        assert_eq!("+a@mail.example".parse().as_ref().map(EmailAddress::mailbox).as_deref(), Ok("+a@mail.example"));
        assert_eq!(address.map(|it| format!("{it:?}")), Ok("…@mail.example".to_owned()));
    }

    #[test]
    fn what_could_be_anything_but_one_address_is_refused() {
        let long = format!("{}@mail.example", "a".repeat(65));
        for wrong in [
            "",
            "@",
            "ann",
            "ann@",
            "@mail.example",
            "ann@localhost",
            "ann@127.0.0.1",
            "ann@[127.0.0.1]",
            "ann@@mail.example",
            "a b@mail.example",
            "ann@mail..example",
            "ann@-mail.example",
            ".ann@mail.example",
            "ann.@mail.example",
            "\"a b\"@mail.example",
            "ann@mail.example\r\nBcc: x@y.example",
            "ann@mail.example ",
            "<ann@mail.example>",
            "ann@mail.example,ben@mail.example",
            "änn@mail.example",
            "ann@mäil.example",
            "ann@mail.example\0",
            &long,
        ] {
            assert_eq!(wrong.parse::<EmailAddress>(), Err(EmailAddressError), "{wrong:?}");
        }
    }
}
