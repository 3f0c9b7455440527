//! How many rows a caller asks for.

use std::borrow::Cow;

use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromParameter, ParseResult, Type};
use serde_json::Value;

/// Rows of a page: absent and 0 mean 50, and more than 1000 means 1000, however much more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(i64);

impl From<PageSize> for i64 {
    fn from(size: PageSize) -> Self {
        size.0
    }
}

impl Type for PageSize {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        Cow::Borrowed("page_size")
    }

    fn schema_ref() -> MetaSchemaRef {
        let example = Some(Value::from(50));
        MetaSchemaRef::Inline(Box::new(MetaSchema { minimum: Some(0.0), example, ..MetaSchema::new("integer") }))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl ParseFromParameter for PageSize {
    fn parse_from_parameter(text: &str) -> ParseResult<Self> {
        let whole = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if whole { Ok(Self(text.parse().unwrap_or(i64::MAX))) } else { Err(ParseError::custom("must be a whole number from 0 on")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_size_is_too_large_to_be_read() {
        let read = |text: &str| PageSize::parse_from_parameter(text).ok().map(i64::from);
        assert_eq!(read("0"), Some(0));
        assert_eq!(read("5000"), Some(5_000));
        assert_eq!(read("99999999999999999999999999"), Some(i64::MAX));
        for wrong in ["-1", "", "ten", "1.5"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
