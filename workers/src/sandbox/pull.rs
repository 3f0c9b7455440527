//! Fetching an image, and telling a registry that says no from one that does not say anything.

use std::time::Duration;

use bollard::{errors::Error, query_parameters::CreateImageOptionsBuilder};
use domain::ports::sandbox::SandboxError;
use futures::StreamExt;

use super::{engine::Engine, faults, settings::Settings};

/// What came of a pull.
#[derive(Debug, Clone)]
pub(super) enum Pulled {
    Here,
    /// The registry answered: there is no such image, or not for us.
    Refused(String),
}

/// Why nobody could say whether there is such an image.
#[derive(Debug, Clone)]
pub(super) enum Unpulled {
    /// The engine is away.
    Away(String),
    /// The registry, or what is between it and us.
    Silent(String),
}

impl Unpulled {
    pub fn into_error(self, image: String) -> SandboxError {
        match self {
            Self::Away(reason) => SandboxError::Unavailable { reason },
            Self::Silent(reason) => SandboxError::Registry { image, reason },
        }
    }
}

/// What registries (OCI distribution, error codes) and engines say about an image that is not there or not ours. Everything else may be gone tomorrow:
/// hosts that nobody knows, connections refused, broken off or slow, a registry that is ill or counts requests, a full disk here.
const REFUSALS: [&str; 12] = [
    "manifest unknown",
    "manifest_unknown",
    "name unknown",
    "name_unknown",
    "repository does not exist",
    "no such image",
    "access denied",
    "access to the resource is denied",
    "unauthorized",
    "invalid reference format",
    "no matching manifest",
    "unsupported media type",
];

pub(super) async fn pull(engine: &Engine, settings: &Settings, image: &str) -> Result<Pulled, Unpulled> {
    let mut options = CreateImageOptionsBuilder::default().from_image(image);
    // Without a tag the engine would pull every tag that the repository has.
    if !image.contains('@') && image.rsplit_once(':').is_none_or(|(_, tag)| tag.contains('/')) {
        options = options.tag("latest");
    }
    let mut progress = engine.docker.create_image(Some(options.build()), None, None);
    let pulled = async {
        while let Some(step) = progress.next().await {
            if let Err(error) = step {
                return if is_refusal(&error) { Ok(Pulled::Refused(faults::sentence(&error))) } else { Err(trouble(error)) };
            }
        }
        Ok(Pulled::Here)
    };
    tokio::time::timeout(Duration::from_secs(settings.pull_seconds_max), pulled)
        .await
        .unwrap_or_else(|_| Err(Unpulled::Silent(format!("it took longer than {} s", settings.pull_seconds_max))))
}

fn is_refusal(error: &Error) -> bool {
    let by_status = matches!(faults::status(error), Some(400 | 401 | 403 | 404));
    let sentence = faults::sentence(error).to_ascii_lowercase();
    by_status || REFUSALS.iter().any(|refusal| sentence.contains(refusal))
}

fn trouble(error: Error) -> Unpulled {
    match faults::engine("pull the image")(error) {
        SandboxError::Engine { reason, .. } => Unpulled::Silent(reason),
        SandboxError::Unavailable { reason } => Unpulled::Away(reason),
        other => Unpulled::Away(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use bollard::errors::Error;

    use super::is_refusal;

    fn answered(status_code: u16, message: &str) -> Error {
        Error::DockerResponseServerError { status_code, message: message.into() }
    }

    #[test]
    fn a_registry_that_says_no_is_believed() {
        for (status, message) in [
            (404, "manifest for alpine:nope not found: manifest unknown: manifest unknown"),
            (404, "pull access denied for acme/agent, repository does not exist or may require 'docker login'"),
            (404, "failed to resolve reference \"docker.io/acme/agent:1\": docker.io/acme/agent:1: not found"),
            (400, "invalid reference format"),
            (500, "initializing source docker://quay.io/acme/agent:1: reading manifest 1 in quay.io/acme/agent: manifest unknown"),
            (500, "initializing source docker://acme/agent:1: requested access to the resource is denied"),
            (500, "unauthorized: authentication required"),
            (500, "no matching manifest for linux/amd64 in the manifest list entries"),
        ] {
            assert!(is_refusal(&answered(status, message)), "{status} {message}");
        }
    }

    #[test]
    fn a_registry_that_cannot_be_asked_has_said_nothing() {
        for message in [
            "Get \"https://registry.example/v2/\": dial tcp: lookup registry.example on 127.0.0.53:53: no such host",
            "Get \"https://registry.example/v2/\": dial tcp: lookup registry.example: Temporary failure in name resolution",
            "Get \"http://localhost:9/v2/\": dial tcp [::1]:9: connect: connection refused",
            "Get \"https://registry-1.docker.io/v2/\": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
            "Get \"https://registry.example/v2/\": net/http: TLS handshake timeout",
            "Head \"https://registry.example/v2/a/manifests/1\": EOF",
            "received unexpected HTTP status: 503 Service Unavailable",
            "toomanyrequests: You have reached your unauthenticated pull rate limit",
            "failed to register layer: write /usr/lib/libx.so: no space left on device",
        ] {
            assert!(!is_refusal(&answered(500, message)), "{message}");
            assert!(!is_refusal(&Error::DockerStreamError { error: message.into() }), "{message}");
        }
    }
}
