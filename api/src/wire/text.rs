//! Values of the house that are texts in JSON, in paths and in parameters.

use std::borrow::Cow;

use domain::entities::id::TypedId;
use domain::entities::{Address, Amount, EmailAddress, Timestamp};
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type};
use serde_json::Value;

/// An id with its type: `agt_` and 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id<T>(pub T);

/// 0 … 2^63−1 atomic units as a decimal string: a JSON number loses digits past 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money(pub Amount);

/// An address on Solana, base58.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wallet(pub Address);

/// A mail address. Upper and lower case are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(pub EmailAddress);

/// What somebody has signed, or the signature: taken as it is, whatever characters it holds, because it is judged whole and never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verbatim(pub String);

/// The format by which the door knows such a text.
pub const VERBATIM: &str = "verbatim";

/// A moment, RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub Timestamp);

fn id_schema<T: TypedId>() -> MetaSchema {
    let zeros = format!("{}_01980000000070008000000000000001", T::PREFIX);
    MetaSchema {
        pattern: Some(format!("^{}_[0-9a-f]{{32}}$", T::PREFIX)),
        example: Some(Value::String(zeros)),
        ..MetaSchema::new_with_format("string", "id")
    }
}

fn money_schema() -> MetaSchema {
    MetaSchema {
        pattern: Some("^(0|[1-9][0-9]{0,18})$".into()),
        example: Some("1500000".into()),
        ..MetaSchema::new_with_format("string", "amount")
    }
}

fn wallet_schema() -> MetaSchema {
    MetaSchema {
        min_length: Some(32),
        max_length: Some(44),
        example: Some("DstGvVYPJNQ8sTkXnWvJ8d2cZSvyxVWdKuqzdHPEqLDu".into()),
        ..MetaSchema::new_with_format("string", "address")
    }
}

fn email_schema() -> MetaSchema {
    MetaSchema {
        min_length: Some(3),
        max_length: Some(254),
        example: Some("ann@mail.example".into()),
        ..MetaSchema::new_with_format("string", "email")
    }
}

fn time_schema() -> MetaSchema {
    MetaSchema { example: Some("2026-01-31T23:59:59.000000Z".into()), ..MetaSchema::new_with_format("string", "date-time") }
}

macro_rules! text_types {
    ($($wire:ty => [$($param:ident: $bound:ident)?] $inner:ty, $name:expr, $schema:expr;)+) => {$(
        impl$(<$param: $bound + Send + Sync + 'static>)? Type for $wire {
            const IS_REQUIRED: bool = true;
            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Inline(Box::new($schema))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }

        impl$(<$param: $bound + Send + Sync + 'static>)? ParseFromJSON for $wire {
            fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                match value.unwrap_or_default() {
                    Value::String(text) => Self::parse_from_parameter(&text),
                    other => Err(ParseError::expected_type(other)),
                }
            }
        }

        impl$(<$param: $bound + Send + Sync + 'static>)? ParseFromParameter for $wire {
            fn parse_from_parameter(text: &str) -> ParseResult<Self> {
                text.parse::<$inner>().map(Self::from).map_err(ParseError::custom)
            }
        }

        impl$(<$param: $bound + Send + Sync + 'static>)? ToJSON for $wire {
            fn to_json(&self) -> Option<Value> {
                Some(Value::String(self.0.to_string()))
            }
        }
    )+};
}

text_types! {
    Id<T> => [T: TypedId] T, "id", id_schema::<T>();
    Money => [] Amount, "amount", money_schema();
    Wallet => [] Address, "address", wallet_schema();
    Email => [] EmailAddress, "email", email_schema();
    Verbatim => [] String, VERBATIM, MetaSchema::new_with_format("string", VERBATIM);
    Time => [] Timestamp, "date-time", time_schema();
}

impl<T: TypedId> From<T> for Id<T> {
    fn from(id: T) -> Self {
        Self(id)
    }
}

impl From<Amount> for Money {
    fn from(amount: Amount) -> Self {
        Self(amount)
    }
}

impl From<Address> for Wallet {
    fn from(address: Address) -> Self {
        Self(address)
    }
}

impl From<EmailAddress> for Email {
    fn from(email: EmailAddress) -> Self {
        Self(email)
    }
}

impl From<String> for Verbatim {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<Timestamp> for Time {
    fn from(moment: Timestamp) -> Self {
        Self(moment)
    }
}
