//! What one run said: its lines on their way to the sink, the kept standard output, and the answer.

use std::time::Instant;

use domain::ports::sandbox::{LogLine, LogSink, LogStream};

use super::report::{Cut, ExitReport, Refusal};

/// Stands before a fragment that begins in the middle of a line, so that it can never be read as an answer.
const FRAGMENT: u8 = 0;

/// Everything that arrived before the run's end, whoever caused the end.
#[derive(Default)]
pub(super) struct Transcript {
    /// When the agent was started. Without it, nothing of the agent ever ran.
    pub started: Option<Instant>,
    /// The kept head and tail of standard output.
    pub stdout: Vec<u8>,
    pub bytes: u64,
    /// `/output/output.json`, or why it was not taken.
    pub output: Option<Result<Vec<u8>, Refusal>>,
    pub exit: Option<ExitReport>,
    /// Why the agent could not be started.
    pub failed: Option<Refusal>,
    unfinished: [Vec<u8>; 2],
}

impl Transcript {
    /// Hands on every line that is whole now.
    pub async fn text(&mut self, stream: LogStream, bytes: &[u8], logs: &dyn LogSink) {
        self.bytes += bytes.len() as u64;
        if stream == LogStream::Stdout {
            self.stdout.extend_from_slice(bytes);
        }
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let mut line = std::mem::take(self.unfinished(stream));
            line.extend_from_slice(&rest[..end]);
            rest = &rest[end + 1..];
            self.line(stream, &line, logs).await;
        }
        self.unfinished(stream).extend_from_slice(rest);
    }

    /// Marks the place where bytes are missing. What comes next belongs to another line.
    pub async fn cut(&mut self, cut: &Cut, logs: &dyn LogSink) {
        self.flush(cut.stream, logs).await;
        if cut.stream == LogStream::Stdout {
            self.stdout.extend_from_slice(&[b'\n', FRAGMENT]);
        }
        let name = if cut.stream == LogStream::Stdout { "standard output" } else { "standard error" };
        self.line(LogStream::System, format!("… {} bytes of {name} are cut out here …", cut.dropped_bytes).as_bytes(), logs).await;
    }

    /// Hands on what came without a line feed at the end.
    pub async fn end(&mut self, logs: &dyn LogSink) {
        self.flush(LogStream::Stdout, logs).await;
        self.flush(LogStream::Stderr, logs).await;
    }

    /// Our own words about the run.
    pub async fn remark(&self, text: &str, logs: &dyn LogSink) {
        self.line(LogStream::System, text.as_bytes(), logs).await;
    }

    async fn flush(&mut self, stream: LogStream, logs: &dyn LogSink) {
        let line = std::mem::take(self.unfinished(stream));
        if !line.is_empty() {
            self.line(stream, &line, logs).await;
        }
    }

    async fn line(&self, stream: LogStream, line: &[u8], logs: &dyn LogSink) {
        let after = self.started.map_or_else(Default::default, |started| started.elapsed());
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        logs.line(LogLine { stream, after, text: String::from_utf8_lossy(line).into_owned() }).await;
    }

    fn unfinished(&mut self, stream: LogStream) -> &mut Vec<u8> {
        &mut self.unfinished[usize::from(stream == LogStream::Stderr)]
    }
}
