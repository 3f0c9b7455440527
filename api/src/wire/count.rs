//! Whole numbers that a client in JavaScript can hold.

use std::borrow::Cow;

use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type};
use serde_json::Value;

/// The largest whole number that a double holds with all below it.
const MAX: u64 = (1 << 53) - 1;

/// 0 … 2^53−1, a JSON number; more is shown as the most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count(u64);

impl Count {
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    /// For numbers of the database, which counts with a sign.
    #[must_use]
    pub fn signed(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

impl From<u64> for Count {
    fn from(number: u64) -> Self {
        Self(number.min(MAX))
    }
}

impl From<i64> for Count {
    fn from(number: i64) -> Self {
        Self::from(u64::try_from(number).unwrap_or(0))
    }
}

impl Type for Count {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        Cow::Borrowed("count")
    }

    fn schema_ref() -> MetaSchemaRef {
        #[expect(clippy::cast_precision_loss, reason = "the bound is chosen so that nothing is lost")]
        let maximum = Some(MAX as f64);
        let schema = MetaSchema { minimum: Some(0.0), maximum, example: Some(Value::from(1)), ..MetaSchema::new("integer") };
        MetaSchemaRef::Inline(Box::new(schema))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl ParseFromJSON for Count {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let value = value.unwrap_or_default();
        match value.as_u64().filter(|number| *number <= MAX) {
            Some(number) => Ok(Self(number)),
            None => Err(ParseError::expected_type(value)),
        }
    }
}

impl ParseFromParameter for Count {
    fn parse_from_parameter(text: &str) -> ParseResult<Self> {
        let number = text.parse::<u64>().ok().filter(|number| *number <= MAX);
        number.map(Self).ok_or_else(|| ParseError::custom(format!("must be a whole number from 0 to {MAX}")))
    }
}

impl ToJSON for Count {
    fn to_json(&self) -> Option<Value> {
        Some(Value::from(self.0))
    }
}
