//! Browsers of other origins (Fetch standard, § 3.3). Those that are configured may call; for all others nothing is said, and their browser
//! keeps the answer from them. A call from our own origin carries `Origin` too and is nobody's concern here.

use std::sync::Arc;

use poem::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
};
use poem::http::{HeaderMap, Method, StatusCode};
use poem::{Endpoint, IntoResponse, Middleware, Request, Response};

use crate::problem::{FORBIDDEN, Problem};

const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";
const ASKED: &str =
    "authorization, content-type, idempotency-key, if-match, last-event-id, prefer, traceparent, x-csrf-token, x-request-id";
const ANSWERED: &str = "etag, idempotent-replayed, location, preference-applied, ratelimit, ratelimit-policy, retry-after, x-request-id";

/// Lets browsers of the configured origins call.
#[derive(Clone)]
pub struct Cors {
    origins: Arc<[String]>,
}

/// An endpoint that some browsers may call.
pub struct CorsEndpoint<E> {
    cors: Cors,
    inner: E,
}

impl Cors {
    #[must_use]
    pub fn new(origins: &[String]) -> Self {
        Self { origins: origins.iter().map(|origin| origin.trim_end_matches('/').to_owned()).collect() }
    }

    fn allowed(&self, request: &Request) -> Option<HeaderValue> {
        let origin = request.headers().get(ORIGIN)?;
        self.origins.iter().any(|known| known.as_bytes() == origin.as_bytes()).then(|| origin.clone())
    }
}

impl<E: Endpoint> Middleware<E> for Cors {
    type Output = CorsEndpoint<E>;

    fn transform(&self, inner: E) -> CorsEndpoint<E> {
        CorsEndpoint { cors: self.clone(), inner }
    }
}

impl<E: Endpoint> Endpoint for CorsEndpoint<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let allowed = self.cors.allowed(&request);
        let is_preflight = request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let Some(origin) = allowed else {
            if is_preflight {
                return Err(Problem::new(&FORBIDDEN).because("browsers of this origin may not call; see `cors_origins`").into());
            }
            return self.inner.call(request).await.map(IntoResponse::into_response);
        };
        let mut response = if is_preflight {
            StatusCode::NO_CONTENT.into_response()
        } else {
            match self.inner.call(request).await {
                Ok(output) => output.into_response(),
                Err(mut error) => {
                    error.set_data(Granted(origin));
                    return Err(error);
                }
            }
        };
        grant(response.headers_mut(), origin);
        Ok(response)
    }
}

/// Rides on an error to the door, where it becomes an answer that the browser may read.
#[derive(Clone)]
pub struct Granted(pub HeaderValue);

/// Tell the browser that its page may read the answer.
pub fn grant(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ASKED));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(ANSWERED));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    headers.append(VARY, HeaderValue::from_static("origin"));
}
