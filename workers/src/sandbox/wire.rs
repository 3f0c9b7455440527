//! The attached stream of one container, as frames.

use std::pin::Pin;

use bollard::{container::LogOutput, query_parameters::AttachContainerOptionsBuilder};
use domain::ports::sandbox::SandboxError;
use futures::{FutureExt, Stream, StreamExt};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{
    engine::Engine,
    faults,
    frames::{Decoder, Frame, FrameError, RunKey},
};

/// How much of the supervisor's own complaints is kept for the log.
const COMPLAINT_BYTES_MAX: usize = 4 << 10;

type Output = Pin<Box<dyn Stream<Item = Result<LogOutput, bollard::errors::Error>> + Send>>;

/// Both directions of a container's attached streams.
pub(super) struct Wire {
    output: Output,
    input: Pin<Box<dyn AsyncWrite + Send>>,
    decoder: Decoder,
    complaint: Vec<u8>,
}

/// Why no further frame comes.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("the container's stream ended")]
    Ended,
    #[error("the container's stream broke: {0}")]
    Broken(String),
    #[error(transparent)]
    Frame(#[from] FrameError),
}

impl Wire {
    /// Attaches before the start, so that no byte is missed.
    pub async fn attach(engine: &Engine, name: &str) -> Result<Self, SandboxError> {
        let options = AttachContainerOptionsBuilder::default().stream(true).stdin(true).stdout(true).stderr(true).build();
        let attached = engine.docker.attach_container(name, Some(options)).await.map_err(faults::engine("attach to a container"))?;
        Ok(Self { output: attached.output, input: attached.input, decoder: Decoder::default(), complaint: Vec::new() })
    }

    /// Sends `START`; every later frame must carry a tag of `key`.
    pub async fn start(&mut self, key: RunKey, frame: &[u8]) -> Result<(), WireError> {
        self.decoder.key(key);
        let sent = async {
            self.input.write_all(frame).await?;
            self.input.flush().await
        };
        sent.await.map_err(|error| WireError::Broken(error.to_string()))
    }

    /// The next frame. Safe to drop at any point: no byte that was read gets lost.
    pub async fn next(&mut self) -> Result<Frame, WireError> {
        loop {
            if let Some(frame) = self.decoder.next()? {
                return Ok(frame);
            }
            match self.output.next().await {
                Some(Ok(LogOutput::StdOut { message })) => self.decoder.push(&message),
                Some(Ok(LogOutput::StdErr { message })) => {
                    let room = COMPLAINT_BYTES_MAX.saturating_sub(self.complaint.len());
                    self.complaint.extend_from_slice(&message[..message.len().min(room)]);
                }
                Some(Ok(LogOutput::StdIn { .. } | LogOutput::Console { .. })) => return Err(FrameError::Stream.into()),
                Some(Err(error)) => return Err(WireError::Broken(faults::sentence(&error))),
                None => return Err(WireError::Ended),
            }
        }
    }

    /// Whether a parked container is still silent, as it should be. Asks nobody.
    pub fn is_quiet(&mut self) -> bool {
        self.output.next().now_or_never().is_none()
    }

    /// What the supervisor said on its standard error, which it never does when all is well.
    pub fn complaint(&self) -> String {
        String::from_utf8_lossy(&self.complaint).into_owned()
    }
}
