//! The one place that turns errors into status codes: RFC 9457 problem details, with one catalogue of types (`docs/problems.md`).
//!
//! Errors of the domain come in through `?`, errors of the framework through [`Problem::of_framework`]. What the caller sees of an error of
//! ours is decided by [`Problem::document`]: nothing internal leaves the house, except in development.

mod catalogue;
mod document;
mod framework;

use std::time::Duration;

use domain::limits::Standing;
use domain::{Class, Fault, FieldError};
use poem::error::ResponseError;
use poem::http::StatusCode;

pub use catalogue::{
    AUTHENTICATION_REQUIRED, BODY_TOO_LARGE, CATALOGUE, CONFLICT, CSRF_TOKEN_REQUIRED, DEVICE_NOT_LINKED, FORBIDDEN,
    IDEMPOTENCY_KEY_REUSED, INSUFFICIENT_SCOPE, INVALID_SIGN_IN_MESSAGE, INVALID_SIGNATURE, INVALID_TOKEN, Kind, LIMITED,
    MALFORMED_REQUEST, OPERATION_GONE, PRECONDITION_FAILED, TIMED_OUT, UNSUPPORTED_MEDIA_TYPE,
};
pub use document::{FieldProblem, ProblemDocument};

/// What went wrong, as the caller may know it.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: &'static Kind,
    detail: Option<String>,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    /// How the caller stands with the limit that was reached.
    standing: Option<Box<Standing>>,
    /// The chain of causes: for the log, and for the caller in development.
    cause: Option<String>,
}

impl Problem {
    /// A problem of the catalogue.
    #[must_use]
    pub fn new(kind: &'static Kind) -> Self {
        Self { kind, detail: None, errors: Vec::new(), retry_after: None, standing: None, cause: None }
    }

    /// 400 "Validation failed" with all fields that are wrong.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(&catalogue::VALIDATION_FAILED) }
    }

    /// 400 about one parameter.
    #[must_use]
    pub fn invalid_parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError { pointer: name.to_owned(), detail: detail.into() }])
    }

    /// 404: there is no such thing, or it is somebody else's.
    #[must_use]
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::new(&catalogue::NOT_FOUND).because(what)
    }

    /// 403: the caller is known and may not.
    #[must_use]
    pub fn forbidden(why: impl Into<String>) -> Self {
        Self::new(&catalogue::FORBIDDEN).because(why)
    }

    /// 500, with the cause for the log.
    #[must_use]
    pub fn internal(cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(&catalogue::INTERNAL) }
    }

    /// Say what it is about in this case.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Say when another try makes sense.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    #[must_use]
    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// The chain of causes, for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }
}

impl<F: Fault> From<F> for Problem {
    fn from(fault: F) -> Self {
        let class = fault.class();
        let kind = Kind::of_code(fault.code()).unwrap_or_else(|| Kind::of_class(class));
        let comes_back = matches!(class, Class::Limited | Class::Unavailable) || *kind == catalogue::IDEMPOTENCY_IN_PROGRESS;
        let ours = matches!(class, Class::Bug | Class::Unavailable);
        Self {
            kind,
            detail: (!ours).then(|| fault.to_string()),
            errors: fault.fields().to_vec(),
            retry_after: fault.limit().map(|reached| reached.retry_after).or(comes_back.then_some(Duration::from_secs(1))),
            standing: fault.limit().map(|reached| Box::new(reached.standing)),
            cause: ours.then(|| chain(&fault)),
        }
    }
}

/// An error and everything below it in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.detail.as_deref().unwrap_or(self.kind.title))
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status(&self) -> StatusCode {
        self.kind.status()
    }

    fn as_response(&self) -> poem::Response {
        self.clone().respond("", false)
    }
}
