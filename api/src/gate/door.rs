//! The outermost middleware: whatever happens inside, a well-formed answer leaves, measured and logged once.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use platform::{Ids, Network};
use poem::http::header::{ALLOW, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use poem::http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use poem::{Endpoint, IntoResponse as _, Middleware, Request, Response};
use poem_openapi::OperationId;
use tracing::Instrument as _;

use super::cors::{Granted, grant};
use super::turnstile::{Told, tell};
use super::{ClientAddress, RequestId};
use crate::openapi;
use crate::problem::{Problem, TIMED_OUT};

/// What the door needs to know.
#[derive(Clone)]
pub struct Gate {
    pub ids: Ids,
    pub trusted_proxies: Arc<[Network]>,
    pub request_limit: Duration,
    /// Development: problems show what went wrong inside.
    pub reveal: bool,
}

/// An endpoint behind the door.
pub struct Door<E> {
    gate: Gate,
    inner: E,
}

impl<E: Endpoint> Middleware<E> for Gate {
    type Output = Door<E>;

    fn transform(&self, inner: E) -> Door<E> {
        Door { gate: self.clone(), inner }
    }
}

/// What is remembered of a request while its endpoint owns it.
struct Seen {
    id: RequestId,
    method: Method,
    uri: Uri,
    began: Instant,
}

impl<E: Endpoint> Endpoint for Door<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let seen = Seen {
            id: RequestId::of(&request, &self.gate.ids),
            method: request.method().clone(),
            uri: request.uri().clone(),
            began: Instant::now(),
        };
        let client = ClientAddress::of(&request, &self.gate.trusted_proxies);
        let span = tracing::info_span!(
            "request",
            id = %seen.id.0,
            method = %seen.method,
            path = request.uri().path(),
            client = client.0.map(tracing::field::display),
            user = tracing::field::Empty,
        );
        if let Some(parent) = request.headers().get("traceparent").and_then(|value| value.to_str().ok()) {
            platform::telemetry::adopt(&span, parent);
        }
        request.set_data(seen.id.clone());
        request.set_data(client);
        async move {
            let answer = AssertUnwindSafe(tokio::time::timeout(self.gate.request_limit, self.inner.call(request))).catch_unwind().await;
            Ok(self.close(&seen, answer))
        }
        .instrument(span)
        .await
    }
}

type Panic = Box<dyn std::any::Any + Send>;
type Answer<T> = Result<Result<poem::Result<T>, tokio::time::error::Elapsed>, Panic>;

impl<E: Endpoint> Door<E> {
    fn close(&self, seen: &Seen, answer: Answer<E::Output>) -> Response {
        let (mut response, operation) = match answer {
            Ok(Ok(Ok(output))) => {
                let response = output.into_response();
                let operation = response.data::<OperationId>().copied();
                (response, operation)
            }
            Ok(Ok(Err(error))) => {
                let (operation, granted) = (error.data::<OperationId>().copied(), error.data::<Granted>().cloned());
                let told = error.data::<Told>().copied();
                let mut response = self.refuse(seen, explained(seen, Problem::of_framework(error)));
                if let Some(Told(standing)) = told {
                    tell(response.headers_mut(), &standing);
                }
                if let Some(Granted(origin)) = granted {
                    grant(response.headers_mut(), origin);
                }
                (response, operation)
            }
            Ok(Err(_)) => (self.refuse(seen, Problem::new(&TIMED_OUT).retry_after(Duration::from_secs(1))), None),
            Err(panic) => (self.refuse(seen, Problem::internal(format!("a panic: {}", panic_text(&*panic)))), None),
        };
        let status = response.status();
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&seen.id.0) {
            headers.insert(HeaderName::from_static(RequestId::HEADER), id);
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, openapi::allowed(seen.uri.path()));
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        record(seen, operation, status);
        response
    }

    fn refuse(&self, seen: &Seen, problem: Problem) -> Response {
        if let Some(cause) = problem.cause() {
            if problem.kind().status().is_server_error() {
                tracing::error!(problem = problem.kind().code, cause, "could not answer the request");
            } else {
                tracing::debug!(problem = problem.kind().code, cause, "refused the request");
            }
        }
        problem.respond(&seen.id.0, self.gate.reveal)
    }
}

fn record(seen: &Seen, operation: Option<OperationId>, status: StatusCode) {
    let elapsed = seen.began.elapsed();
    let operation = operation.map_or("none", |operation| operation.0);
    let labels = [("operation", operation.to_owned()), ("method", known(&seen.method).to_owned()), ("status", status.as_str().to_owned())];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", "operation" => operation, "method" => known(&seen.method)).record(elapsed);
    tracing::info!(operation, status = status.as_u16(), elapsed_ms = elapsed.as_millis(), "answered");
}

/// A wrong method is answered with the right ones, in words as well as in `Allow`.
fn explained(seen: &Seen, problem: Problem) -> Problem {
    if problem.kind().status() != StatusCode::METHOD_NOT_ALLOWED {
        return problem;
    }
    let allowed = openapi::allowed(seen.uri.path());
    problem.because(format!("this path does not take {}; it takes {}", known(&seen.method), allowed.to_str().unwrap_or("GET")))
}

/// A label must not grow with what callers think up.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
