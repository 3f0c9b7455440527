//! `Idempotency-Key`: the caller's name for a request, so that sending it twice does it once.

use std::convert::Infallible;

use domain::idempotency::Claim;
use poem::Request;
use poem::http::Method;
use poem_openapi::registry::MetaSchema;
use serde_json::Value;

use super::header::header_parameter;

const LENGTH_MAX: usize = 255;

/// The key of a request, if its caller gave one. Its scope is caller, method and path.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key: Option<String>,
    method: Method,
    path: String,
}

impl IdempotencyKey {
    /// What the domain compares; `None` without a key. An operation without a body passes null.
    #[must_use]
    pub fn claim(&self, caller: &domain::Caller, body: &Value) -> Option<Claim> {
        let key = self.key.as_deref()?;
        Some(Claim::new(caller, self.method.as_str(), &self.path, key, body))
    }

    #[expect(clippy::unnecessary_wraps, reason = "its length stands in the schema, other headers may be wrong here")]
    fn read(request: &Request, key: Option<&str>) -> Result<Self, Infallible> {
        Ok(Self { key: key.map(str::to_owned), method: request.method().clone(), path: request.uri().path().to_owned() })
    }
}

fn schema() -> MetaSchema {
    MetaSchema {
        description: Some(
            "A name of the caller's for this request, kept for 24 hours: sent again with the same body it gets the first answer again.",
        ),
        min_length: Some(1),
        max_length: Some(LENGTH_MAX),
        example: Some(Value::from("0198c0de-1")),
        ..MetaSchema::new("string")
    }
}

header_parameter!(IdempotencyKey, schema(), IdempotencyKey::read);
