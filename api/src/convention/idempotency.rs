//! `Idempotency-Key`: the caller's name for a request, so that sending it twice does it once.

use domain::idempotency::Claim;
use poem::Request;
use poem::http::Method;
use poem_openapi::registry::MetaSchema;
use serde_json::Value;

use super::header::header_parameter;
use crate::problem::Problem;

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

    fn read(request: &Request, name: &str, key: Option<&str>) -> Result<Self, Problem> {
        if key.is_some_and(|key| key.is_empty() || key.len() > LENGTH_MAX) {
            return Err(Problem::invalid_parameter(name, format!("must have 1 to {LENGTH_MAX} characters")));
        }
        // What a query asks for is part of what is asked.
        let path = request.original_uri().path_and_query().map_or_else(|| request.uri().path().to_owned(), ToString::to_string);
        Ok(Self { key: key.map(str::to_owned), method: request.method().clone(), path })
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
