//! From bytes to JSON, within limits.

use poem::error::ReadBodyError;
use poem::http::header::CONTENT_LENGTH;
use poem::{Request, RequestBody};
use serde_json::Value;

use crate::problem::{BODY_TOO_LARGE, MALFORMED_REQUEST, Problem, UNSUPPORTED_MEDIA_TYPE};

/// How much of a body is read.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub bytes_max: usize,
    pub depth_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes_max: 1024 * 1024, depth_max: 64 }
    }
}

/// Read a JSON document.
///
/// # Errors
/// 415 when there is a body that does not claim to be JSON, 413 when it is too long, 400 when it is missing, no JSON or too deep.
pub async fn json(request: &Request, body: &mut RequestBody, limits: Limits) -> Result<Value, Problem> {
    let media_type = request.content_type();
    let not_json = || Problem::new(&UNSUPPORTED_MEDIA_TYPE).because("send the body with `Content-Type: application/json`");
    if media_type.is_some_and(|media_type| !is_json(media_type)) {
        return Err(not_json());
    }
    let too_large = || Problem::new(&BODY_TOO_LARGE).because(format!("a body has at most {} bytes", limits.bytes_max));
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > limits.bytes_max) {
        return Err(too_large());
    }
    let body = body.take().map_err(|error| Problem::internal(error.to_string()))?;
    let bytes = body.into_bytes_limit(limits.bytes_max).await.map_err(|error| match error {
        ReadBodyError::PayloadTooLarge => too_large(),
        _ => malformed("the body ended too early"),
    })?;
    if bytes.is_empty() {
        return Err(malformed("the body is empty; send a JSON object, `{}` where every field may be missing"));
    }
    if media_type.is_none() {
        return Err(not_json());
    }
    let document = serde_json::from_slice(&bytes).map_err(|error| malformed(format!("the body is not JSON: {error}")))?;
    if is_deeper(&document, limits.depth_max) {
        return Err(malformed(format!("the body is nested deeper than {} levels", limits.depth_max)));
    }
    Ok(document)
}

fn malformed(why: impl Into<String>) -> Problem {
    Problem::new(&MALFORMED_REQUEST).because(why)
}

/// `application/json` and `application/…+json`, with or without parameters.
fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type.strip_prefix("application/").is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}

/// The parser itself stops at 128 levels, so this recursion is bounded.
fn is_deeper(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(|item| is_deeper(item, levels - 1)),
        Value::Object(fields) => levels == 0 || fields.values().any(|field| is_deeper(field, levels - 1)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn depth_counts_the_containers() {
        assert!(!is_deeper(&json!(1), 0));
        assert!(!is_deeper(&json!({"a": [1]}), 2));
        assert!(is_deeper(&json!({"a": [[]]}), 2));
    }

    #[test]
    fn json_has_many_names() {
        assert!(is_json("application/json; charset=utf-8") && is_json("Application/Problem+JSON"));
        assert!(!is_json("text/json") && !is_json("application/jsonp") && !is_json(""));
    }
}
