//! Versions of a resource: `ETag` in answers, `If-Match` in requests (RFC 9110 § 13.1.1), so that nobody overwrites what they have not seen.

use std::str::FromStr;

use poem_openapi::registry::MetaSchema;
use serde_json::Value;

use super::header::{header_parameter, plain};

/// The version that the caller has seen. Absent and `*` mean whichever there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IfMatch {
    pub version: Option<i32>,
}

/// The entity tag of a version.
#[must_use]
pub fn etag(version: i32) -> String {
    format!("\"{version}\"")
}

impl FromStr for IfMatch {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let tag = text.trim();
        if tag == "*" {
            return Ok(Self::default());
        }
        let digits = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|digits| digits.parse().ok());
        let version = digits.ok_or("must be `*` or one entity tag as `ETag` gave it, for example \"3\"")?;
        Ok(Self { version: Some(version) })
    }
}

fn schema() -> MetaSchema {
    MetaSchema {
        description: Some("The `ETag` of the version that the caller has seen; another version answers 412."),
        example: Some(Value::from("\"3\"")),
        ..MetaSchema::new_with_format("string", "entity-tag")
    }
}

header_parameter!(IfMatch, schema(), plain::<IfMatch>);
