//! What poem and poem-openapi refuse by themselves leaves through the same door.

use domain::FieldError;
use poem::error::ReadBodyError;
use poem_openapi::error::{AuthorizationError, ContentTypeError, ParseParamError, ParsePathError};

use super::Problem;
use super::catalogue::{AUTHENTICATION_REQUIRED, Kind, NOT_FOUND, UNSUPPORTED_MEDIA_TYPE, VALIDATION_FAILED};

impl Problem {
    /// The problem that an error of a handler or of the framework is.
    #[must_use]
    pub fn of_framework(error: poem::Error) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(problem) => return problem,
            Err(error) => error,
        };
        let status = error.status();
        if let Some(parameter) = error.downcast_ref::<ParseParamError>() {
            let field = FieldError { pointer: parameter.name.to_owned(), detail: plain(&parameter.reason) };
            return Self { errors: vec![field], ..Self::new(&VALIDATION_FAILED) };
        }
        if let Some(path) = error.downcast_ref::<ParsePathError>() {
            return Self::new(&NOT_FOUND).because(plain(&path.reason));
        }
        if error.is::<AuthorizationError>() {
            return Self::new(&AUTHENTICATION_REQUIRED);
        }
        if let Some(unsupported) = error.downcast_ref::<ContentTypeError>() {
            return Self::new(&UNSUPPORTED_MEDIA_TYPE).because(unsupported.to_string());
        }
        let kind = Kind::of_status(status);
        if error.is::<ReadBodyError>() || status.is_client_error() {
            return Self { cause: Some(error.to_string()), ..Self::new(kind) };
        }
        Self::internal(error.to_string())
    }
}

/// poem-openapi's `failed to parse "integer(int64)": invalid digit …` without the part that names a Rust type.
fn plain(reason: &str) -> String {
    let text = match reason.strip_prefix("failed to parse \"") {
        Some(rest) => rest.split_once("\": ").map_or(rest, |(_, text)| text),
        None => reason,
    };
    text.to_owned()
}
