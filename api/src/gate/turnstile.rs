//! Counts every request before it is answered, and tells its caller how they stand (draft-ietf-httpapi-ratelimit-headers-10).
//!
//! Whoever is signed in counts by user or key, everybody else by address. For those who are known three things do not count: streams of events that
//! open, of which there are so many at once and no more, unless a device signs them; what the console reads, of those whom it is shown to; and for
//! everybody what lies outside of `/v1`, which is health, metrics, and pages that never change.

use std::net::IpAddr;

use domain::limits::{LimitError, Policy, Standing, seconds_up};
use poem::http::{HeaderMap, HeaderName, HeaderValue, Method};
use poem::{Endpoint, IntoResponse as _, Middleware, Request, Response};

use super::ClientAddress;
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::signature::{self, Signed};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Puts the turnstile before an endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Turnstile;

pub struct Counted<E>(E);

/// What a request has cost.
enum Toll {
    /// It was counted, unless its policy is off or it is free.
    Paid(Option<Standing>),
    /// A stream is free if it opens. One that is refused counts as any other request, for this caller.
    IfRefused(Box<App>, String),
}

/// What the turnstile found out about the caller, so that nobody asks again.
#[derive(Clone)]
pub struct Known(pub Result<Caller, Problem>);

/// Rides on an error to the door, where it becomes headers of the answer.
#[derive(Clone, Copy)]
pub struct Told(pub Standing);

impl<E: Endpoint> Middleware<E> for Turnstile {
    type Output = Counted<E>;

    fn transform(&self, inner: E) -> Counted<E> {
        Counted(inner)
    }
}

impl<E: Endpoint> Endpoint for Counted<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let toll = count(&mut request).await.map_err(Problem::from)?;
        match self.0.call(request).await {
            Ok(output) => {
                let mut response = output.into_response();
                if let Toll::Paid(Some(standing)) = toll {
                    tell(response.headers_mut(), &standing);
                }
                Ok(response)
            }
            Err(mut error) => {
                if let Some(standing) = toll.of_the_refused().await.map_err(Problem::from)? {
                    error.set_data(Told(standing));
                }
                Err(error)
            }
        }
    }
}

impl Toll {
    async fn of_the_refused(self) -> Result<Option<Standing>, LimitError> {
        match self {
            Self::Paid(standing) => Ok(standing),
            Self::IfRefused(app, subject) => app.domain.limits().count(Policy::Caller, &subject).await,
        }
    }
}

async fn count(request: &mut Request) -> Result<Toll, LimitError> {
    let Ok(app) = App::of(request).cloned() else { return Ok(Toll::Paid(None)) };
    if !request.uri().path().starts_with("/v1/") {
        return Ok(Toll::Paid(None));
    }
    signature::verify(&app, request).await;
    let signed = request.data::<Signed>().cloned();
    let mut caller = Caller::of(request).await;
    let counted = match &caller {
        Ok(caller) if signed.is_none() && is_stream(request) => Toll::IfRefused(Box::new(app.clone()), caller.counted_as()),
        Ok(caller) if caller.is_signed_in() && caller.may_observe() && is_read_of_the_console(request) => Toll::Paid(None),
        Ok(caller) => Toll::Paid(app.domain.limits().count(Policy::Caller, &caller.counted_as()).await?),
        Err(_) => Toll::Paid(app.domain.limits().count(policy_of_strangers(request), &subject(request)).await?),
    };
    if let Some(signed) = signed
        && let Err(replayed) = signed.spend(&app).await
    {
        caller = Err(replayed);
    }
    request.set_data(Known(caller));
    Ok(counted)
}

/// Devices that wait for somebody's answer ask again and again, and have a policy of their own.
fn policy_of_strangers(request: &Request) -> Policy {
    let asks = request.method() == Method::POST && request.uri().path() == "/v1/link/token";
    if asks { Policy::LinkPoll } else { Policy::Api }
}

/// Answers that last as long as somebody listens: `/v1/events`, `/v1/ws`, and the lines of an execution that is followed.
fn is_stream(request: &Request) -> bool {
    let uri = request.uri();
    let is_of_lines = || {
        let execution = uri.path().strip_prefix("/v1/executions/").and_then(|rest| rest.strip_suffix("/logs"));
        execution.is_some_and(|id| !id.is_empty() && !id.contains('/'))
    };
    let follows = || uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "follow=true"));
    request.method() == Method::GET && (matches!(uri.path(), "/v1/events" | "/v1/ws") || (is_of_lines() && follows()))
}

/// Operations are looked at by a page that asks again and again.
fn is_read_of_the_console(request: &Request) -> bool {
    request.method() == Method::GET && request.uri().path().starts_with("/v1/ops/")
}

/// Under which name an address is counted. Of IPv6 a customer has a network of 64 bits, and all of it is one.
#[must_use]
pub fn subject(request: &Request) -> String {
    match request.data::<ClientAddress>().and_then(|client| client.0) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => format!("{:x}/64", address.to_bits() >> 64),
        None => "unknown".into(),
    }
}

/// Write the headers: one line more for each policy that an answer tells of.
pub fn tell(headers: &mut HeaderMap, standing: &Standing) {
    let (name, quota, window) = (standing.policy.name(), standing.quota, standing.window.as_secs());
    let policy = format!("\"{name}\";q={quota};w={window}");
    let limit = format!("\"{name}\";r={};t={}", standing.remaining, seconds_up(standing.full_in));
    for (header, value) in [(LIMIT_POLICY, policy), (LIMIT, limit)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.append(header, value);
        }
    }
}
