//! Money: a whole number of atomic units of some mint.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// 0 … 2^63 − 1 atomic units; a decimal string in JSON, because a JSON number loses digits past 2^53.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
pub struct Amount(i64);

/// A text or number that is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an amount is a whole number of atomic units from 0 to 9223372036854775807, written in decimal digits")]
pub struct AmountError;

impl Amount {
    pub const ZERO: Self = Self(0);

    /// # Errors
    /// When the number is negative.
    pub fn new(atomic: i64) -> Result<Self, AmountError> {
        if atomic < 0 { Err(AmountError) } else { Ok(Self(atomic)) }
    }

    #[must_use]
    pub fn atomic(self) -> i64 {
        self.0
    }

    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).filter(|left| *left >= 0).map(Self)
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        if !plain {
            return Err(AmountError);
        }
        text.parse().map(Self).map_err(|_| AmountError)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_one_spelling_and_never_wraps() {
        assert_eq!("9223372036854775807".parse::<Amount>().map(Amount::atomic), Ok(i64::MAX));
        for wrong in ["", "-1", "+1", "01", "1.0", "9223372036854775808", "0x1", " 1"] {
            assert_eq!(wrong.parse::<Amount>(), Err(AmountError), "{wrong}");
        }
        assert_eq!(Amount(i64::MAX).checked_add(Amount(1)), None);
        assert_eq!(Amount(1).checked_sub(Amount(2)), None);
    }
}
