//! Versions of a resource: `ETag` in answers, `If-Match` in requests (RFC 9110 § 13.1.1), so that nobody overwrites what they have not seen.

use poem::Request;
use poem_openapi::registry::MetaSchema;
use serde_json::Value;

use super::header::header_parameter;
use crate::problem::Problem;

/// The version that the caller has seen. Absent and `*` mean whichever there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch {
    pub version: Option<i32>,
}

/// The entity tag of a version.
#[must_use]
pub fn etag(version: i32) -> String {
    format!("\"{version}\"")
}

impl IfMatch {
    fn read(_: &Request, name: &str, text: Option<&str>) -> Result<Self, Problem> {
        let version = match text.map(str::trim) {
            None | Some("*") => None,
            Some(tag) => {
                let refuse = || Problem::invalid_parameter(name, "must be `*` or one entity tag as `ETag` gave it, for example \"3\"");
                let digits = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or_else(refuse)?;
                Some(digits.parse().map_err(|_| refuse())?)
            }
        };
        Ok(Self { version })
    }
}

fn schema() -> MetaSchema {
    MetaSchema {
        description: Some("The `ETag` of the version that the caller has seen; another version answers 412."),
        example: Some(Value::from("\"3\"")),
        ..MetaSchema::new("string")
    }
}

header_parameter!(IfMatch, schema(), IfMatch::read);
