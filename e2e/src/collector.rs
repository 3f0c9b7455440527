//! A collector of traces, as much of OTLP over HTTP as the program's exporter needs.

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use prost::Message as _;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Where spans go. It ends with the test.
pub struct Collector {
    /// What the program is told in `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub endpoint: String,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
    _serving: JoinSet<()>,
}

/// A span that came in.
#[derive(Debug, Clone)]
pub struct Span {
    pub name: String,
    pub trace_id: String,
    /// Names and values, as text.
    pub attributes: Vec<(String, String)>,
}

impl Span {
    /// An attribute's value, empty when it has none of this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

impl Collector {
    /// # Panics
    /// When no port can be had.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let endpoint = format!("http://{}", listener.local_addr().expect("it listens"));
        let bodies: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let (mut serving, kept) = (JoinSet::new(), bodies.clone());
        serving.spawn(async move {
            let mut guests = JoinSet::new();
            while let Ok((guest, _)) = listener.accept().await {
                guests.spawn(serve(guest, kept.clone()));
            }
        });
        Self { endpoint, bodies, _serving: serving }
    }

    /// Every span until now.
    ///
    /// # Panics
    /// When something came that is no export of traces.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        let exports = self.bodies().into_iter().map(|body| ExportTraceServiceRequest::decode(&*body).expect("it is an export of traces"));
        let spans = exports.flat_map(|export| export.resource_spans).flat_map(|of| of.scope_spans).flat_map(|of| of.spans);
        spans
            .map(|span| Span {
                name: span.name,
                trace_id: format!("{:032x}", u128::from_be_bytes(span.trace_id.try_into().expect("a trace's id has 16 bytes"))),
                attributes: span.attributes.into_iter().map(text).collect(),
            })
            .collect()
    }

    /// Whether these words stand anywhere in what came: in a name, an attribute, an event, a resource.
    #[must_use]
    pub fn heard(&self, words: &str) -> bool {
        self.bodies().iter().any(|body| body.windows(words.len()).any(|window| window == words.as_bytes()))
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Requests of one connection, until it closes.
async fn serve(mut guest: TcpStream, bodies: Arc<Mutex<Vec<Vec<u8>>>>) -> Option<()> {
    let (reading, mut writing) = guest.split();
    let mut reading = BufReader::new(reading);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        while reading.read_line(&mut line).await.ok()? > 0 && line != "\r\n" {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            line.clear();
        }
        let mut body = vec![0; length];
        reading.read_exact(&mut body).await.ok().filter(|length| *length > 0)?;
        bodies.lock().unwrap_or_else(PoisonError::into_inner).push(body);
        writing.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n").await.ok()?;
    }
}

fn text(attribute: KeyValue) -> (String, String) {
    let value = attribute.value.and_then(|value| value.value).map(|value| match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        Value::BoolValue(flag) => flag.to_string(),
        other => format!("{other:?}"),
    });
    (attribute.key, value.unwrap_or_default())
}
