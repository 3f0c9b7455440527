//! A problem as it goes over the wire, and as every operation declares it: one body type for all errors, so that generated clients have one.

use std::time::Duration;

use domain::limits::seconds_up;
use poem::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use poem::http::{HeaderValue, StatusCode};
use poem::{IntoResponse as _, Response};
use poem_openapi::registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::{Example, ToJSON as _, Type as _};
use poem_openapi::{ApiResponse, Object};

use super::Problem;
use super::catalogue::{Kind, VALIDATION_FAILED};
use crate::gate::tell;

const CONTENT_TYPE: &str = "application/problem+json";

/// Problem details (RFC 9457).
#[derive(Debug, Object)]
#[oai(rename = "Problem", skip_serializing_if_is_none, example)]
pub struct ProblemDocument {
    /// Which problem of the catalogue: `/problems/<code>` on this server.
    #[oai(rename = "type")]
    kind: String,
    /// The same text for every problem of the type.
    title: String,
    status: u16,
    /// What it is about this time.
    detail: Option<String>,
    /// The request's id; our logs know it.
    instance: String,
    /// Every field that is wrong.
    errors: Option<Vec<FieldProblem>>,
    /// The title again, for clients of an older API.
    error: String,
    /// `errors` again, for clients of an older API.
    details: Option<Vec<FieldProblem>>,
}

/// One field that is wrong.
#[derive(Debug, Clone, Object)]
pub struct FieldProblem {
    /// A JSON pointer into the body (`/input/name`), or the name of a parameter.
    pointer: String,
    /// What is wrong and what would be right.
    detail: String,
}

impl Example for ProblemDocument {
    fn example() -> Self {
        let field = FieldProblem { pointer: "/input_schema/type".into(), detail: "required".into() };
        Self {
            kind: VALIDATION_FAILED.uri(),
            title: VALIDATION_FAILED.title.into(),
            status: VALIDATION_FAILED.status,
            detail: None,
            instance: "req_01980000000070008000000000000001".into(),
            errors: Some(vec![field.clone()]),
            error: VALIDATION_FAILED.title.into(),
            details: Some(vec![field]),
        }
    }
}

impl Problem {
    /// What goes over the wire. `reveal` shows the causes of our own errors; it is for development.
    #[must_use]
    pub fn document(self, request_id: &str, reveal: bool) -> ProblemDocument {
        let fields = self.errors.into_iter().map(|field| FieldProblem { pointer: field.pointer, detail: field.detail });
        let errors = Some(fields.collect::<Vec<_>>()).filter(|errors| !errors.is_empty());
        let detail = if reveal { self.detail.or(self.cause) } else { self.detail };
        ProblemDocument {
            kind: self.kind.uri(),
            title: self.kind.title.to_owned(),
            status: self.kind.status,
            detail,
            instance: request_id.to_owned(),
            details: errors.clone(),
            errors,
            error: self.kind.title.to_owned(),
        }
    }

    /// The whole answer.
    #[must_use]
    pub fn respond(self, request_id: &str, reveal: bool) -> Response {
        let (wait, standing) = (self.retry_after, self.standing.as_deref().copied());
        let mut response = self.document(request_id, reveal).into_response(wait);
        if let Some(standing) = standing {
            tell(response.headers_mut(), &standing);
        }
        response
    }
}

impl ProblemDocument {
    fn into_response(self, retry_after: Option<Duration>) -> Response {
        let status = Kind::of_code(self.kind.trim_start_matches("/problems/")).map(Kind::status).unwrap_or_default();
        let mut response = self.to_json_string().with_content_type(CONTENT_TYPE).with_status(status).into_response();
        if let Some(wait) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds_up(wait).max(1).into());
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The statuses that any operation may answer with, and when.
const DECLARED: [(u16, &str); 11] = [
    (400, "The request is malformed, or a field is wrong; `errors` names every one."),
    (401, "Nobody is signed in, or the token is not valid any more."),
    (403, "The caller may not do this."),
    (404, "There is no such thing, or it is somebody else's."),
    (409, "The thing is not in the state that this needs, or a rule refuses."),
    (413, "The body is too large."),
    (415, "The body is not JSON."),
    (422, "The idempotency key was used for another body."),
    (429, "Too much, too often; `Retry-After` says when to come back."),
    (500, "An error of ours."),
    (503, "Something that this needs does not answer; `Retry-After` says when to come back."),
];

impl ApiResponse for Problem {
    fn meta() -> MetaResponses {
        let retry_after = || MetaHeader {
            name: "Retry-After".into(),
            description: Some("Seconds until another try makes sense.".into()),
            required: false,
            deprecated: false,
            schema: u32::schema_ref(),
        };
        let response = |(status, description): (u16, &'static str)| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content: vec![MetaMediaType { content_type: CONTENT_TYPE, schema: ProblemDocument::schema_ref() }],
            headers: if matches!(status, 409 | 429 | 503) { vec![retry_after()] } else { Vec::new() },
        };
        MetaResponses { responses: DECLARED.into_iter().map(response).collect() }
    }

    fn register(registry: &mut Registry) {
        ProblemDocument::register(registry);
    }
}
