//! Answers with a resource: where it is, and which version this is.

use domain::idempotency::Once;
use poem::http::{StatusCode, header};
use poem::{IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::payload::Json;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::ToJSON;

use super::header::{answered, idempotent_replayed};
use super::if_match::etag;

/// 201: a new resource.
pub struct Created<T> {
    body: T,
    location: String,
    version: Option<i32>,
    replayed: bool,
}

/// 200: a resource that has versions.
pub struct Versioned<T> {
    body: T,
    version: i32,
    replayed: bool,
}

/// 200: what was acted on, as it is now.
pub struct Acted<T> {
    body: T,
    replayed: bool,
}

/// 204: it is not there any more.
#[derive(ApiResponse)]
pub enum Deleted {
    /// It is not there any more.
    #[oai(status = 204)]
    Gone,
}

impl<T> Created<T> {
    /// `location` is the path of the resource. A repeated request gets the first answer again, and is told so.
    #[must_use]
    pub fn at<U>(location: String, once: Once<U>, body: impl FnOnce(U) -> T) -> Self {
        let replayed = once.is_replay();
        Self { body: body(once.into_inner()), location, version: None, replayed }
    }

    #[must_use]
    pub fn version(mut self, version: i32) -> Self {
        self.version = Some(version);
        self
    }
}

impl<T> Versioned<T> {
    #[must_use]
    pub fn new(body: T, version: i32) -> Self {
        Self { body, version, replayed: false }
    }

    /// Say whether this repeats an earlier answer.
    #[must_use]
    pub fn replayed(self, replayed: bool) -> Self {
        Self { replayed, ..self }
    }
}

impl<T> Acted<T> {
    #[must_use]
    pub fn on(body: T) -> Self {
        Self { body, replayed: false }
    }

    /// Say whether this repeats an earlier answer.
    #[must_use]
    pub fn replayed(self, replayed: bool) -> Self {
        Self { replayed, ..self }
    }
}

fn say_replayed(response: &mut Response, replayed: bool) {
    if replayed {
        response.headers_mut().insert("idempotent-replayed", header::HeaderValue::from_static("true"));
    }
}

impl<T: ToJSON> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).with_status(StatusCode::CREATED).with_header(header::LOCATION, self.location).into_response();
        if let Some(tag) = self.version.and_then(|version| etag(version).parse().ok()) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        say_replayed(&mut response, self.replayed);
        response
    }
}

impl<T: ToJSON> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).with_header(header::ETAG, etag(self.version)).into_response();
        say_replayed(&mut response, self.replayed);
        response
    }
}

impl<T: ToJSON> IntoResponse for Acted<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        say_replayed(&mut response, self.replayed);
        response
    }
}

impl<T: ToJSON> ApiResponse for Created<T> {
    fn meta() -> MetaResponses {
        let location = answered("Location", "The path of the new resource.");
        let tag = answered("ETag", "The version, for `If-Match`.");
        one_answer::<T>("Created.", StatusCode::CREATED, vec![location, tag, idempotent_replayed()])
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: ToJSON> ApiResponse for Versioned<T> {
    fn meta() -> MetaResponses {
        one_answer::<T>("As it is now.", StatusCode::OK, vec![answered("ETag", "The version, for `If-Match`."), idempotent_replayed()])
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: ToJSON> ApiResponse for Acted<T> {
    fn meta() -> MetaResponses {
        one_answer::<T>("As it is now.", StatusCode::OK, vec![idempotent_replayed()])
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

fn one_answer<T: ToJSON>(description: &'static str, status: StatusCode, headers: Vec<poem_openapi::registry::MetaHeader>) -> MetaResponses {
    let content = vec![MetaMediaType { content_type: "application/json", schema: T::schema_ref() }];
    MetaResponses { responses: vec![MetaResponse { description, status: Some(status.as_u16()), status_range: None, content, headers }] }
}
