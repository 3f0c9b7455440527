//! `Last-Event-ID` (HTML standard, server-sent events): where somebody was who comes back.

use std::str::FromStr;

use poem_openapi::registry::MetaSchema;
use serde_json::Value;

use super::header::{header_parameter, plain};

/// The number of the last event that the caller has seen, if it comes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LastEventId(pub Option<i64>);

impl FromStr for LastEventId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let seq = text.parse().ok().filter(|seq| *seq >= 0);
        seq.map(|seq| Self(Some(seq))).ok_or("must be the id of an event of this stream")
    }
}

fn schema() -> MetaSchema {
    MetaSchema {
        description: Some("The id of the last event that the caller has seen; the stream goes on after it."),
        example: Some(Value::from("3")),
        ..MetaSchema::new_with_format("string", "event-number")
    }
}

header_parameter!(LastEventId, schema(), plain::<LastEventId>);
