//! The engine's errors, told apart once: did it not answer, or did it refuse?

use bollard::errors::Error;
use domain::ports::sandbox::SandboxError;

/// Says what was tried, and whether the engine is away or refused.
pub(super) fn engine(attempted: &str) -> impl FnOnce(Error) -> SandboxError + '_ {
    move |error| {
        if is_away(&error) {
            SandboxError::Unavailable { reason: format!("could not {attempted}: {}", sentence(&error)) }
        } else {
            SandboxError::Engine { attempted: attempted.to_owned(), reason: sentence(&error) }
        }
    }
}

/// The HTTP status that the engine answered, if it answered.
pub(super) fn status(error: &Error) -> Option<u16> {
    match error {
        Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// Whether a container could not be created because its name is taken. Podman says so with the status of a fault of its own.
pub(super) fn is_name_taken(error: &Error) -> bool {
    status(error) == Some(409) || (status(error).is_some() && sentence(error).contains("is already in use"))
}

/// The engine's own words.
pub(super) fn sentence(error: &Error) -> String {
    let mut text = match error {
        Error::DockerResponseServerError { message, .. } => message.clone(),
        Error::HyperLegacyError { err } => std::error::Error::source(err).map_or_else(|| err.to_string(), ToString::to_string),
        other => other.to_string(),
    };
    if let Some((end, _)) = text.char_indices().nth(2_000) {
        text.truncate(end);
    }
    text
}

fn is_away(error: &Error) -> bool {
    !matches!(
        error,
        Error::DockerResponseServerError { .. }
            | Error::DockerStreamError { .. }
            | Error::DockerContainerWaitError { .. }
            | Error::JsonDataError { .. }
            | Error::JsonSerdeError { .. }
            | Error::URLEncodedError { .. }
            | Error::UnsupportedURISchemeError { .. }
    )
}

#[cfg(test)]
mod tests {
    use domain::{Class, Fault as _};

    use super::*;

    #[test]
    fn an_engine_without_disk_is_waited_for_like_one_that_is_away() {
        let full =
            Error::DockerResponseServerError { status_code: 500, message: "mkdir /var/lib/docker/x: no space left on device".into() };
        let error = engine("create a container")(full);
        assert!(matches!(&error, SandboxError::Engine { reason, .. } if reason.contains("no space left")), "{error}");
        assert_eq!(error.class(), Class::Unavailable);
        assert!(matches!(engine("ping")(Error::RequestTimeoutError), SandboxError::Unavailable { .. }));
    }
}
