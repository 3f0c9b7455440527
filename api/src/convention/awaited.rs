//! The answer of who asks for an operation and would rather wait for its end.

use poem::{IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::payload::Json;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::Type as _;

use super::header::answered;
use super::prefer::{Prefer, say_applied};
use crate::v1::Operation;

/// 200: the operation as it is, or as it has ended while the caller waited.
pub struct Awaited {
    pub(super) operation: Operation,
    pub(super) prefer: Prefer,
}

impl IntoResponse for Awaited {
    fn into_response(self) -> Response {
        let granted = self.prefer.wait.filter(|_| self.operation.done);
        let mut response = Json(self.operation).into_response();
        say_applied(&mut response, granted);
        response
    }
}

impl ApiResponse for Awaited {
    fn meta() -> MetaResponses {
        let answer = MetaResponse {
            description: "As it is now.",
            status: Some(200),
            status_range: None,
            content: vec![MetaMediaType { content_type: "application/json", schema: Operation::schema_ref() }],
            headers: vec![answered("Preference-Applied", "The wait that was granted (RFC 7240).")],
        };
        MetaResponses { responses: vec![answer] }
    }

    fn register(registry: &mut Registry) {
        Operation::register(registry);
    }
}
