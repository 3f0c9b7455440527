//! HTTP requests to addresses that somebody else chose.

use std::time::Duration;

use async_trait::async_trait;

/// Sends requests out of the house, and only there: an address of the house, of its network or of the machine itself is never connected to,
/// whatever a name says that leads to it. Redirects are answers like others. One implementation speaks HTTP/1.1, one is a fake.
#[async_trait]
pub trait HttpOut: Send + Sync {
    /// Whether requests to this URL may be sent, as far as its text tells. Its name is not looked up: that is done for each request.
    ///
    /// # Errors
    /// [`HttpOutError::Refused`] with what would be right.
    fn check(&self, url: &str) -> Result<(), HttpOutError>;

    /// Send one request and read its answer, of whatever status.
    ///
    /// # Errors
    /// See [`HttpOutError`].
    async fn send(&self, request: HttpRequest) -> Result<HttpAnswer, HttpOutError>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// A request with its bounds. `Host`, `User-Agent` and the lengths are added.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    pub method: Method,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// From the look-up of the name to the last byte that is read.
    pub time_max: Duration,
    /// Bytes of the answer's body that are read; the rest is left alone.
    pub answer_bytes_max: usize,
}

impl HttpRequest {
    #[must_use]
    pub fn get(url: impl Into<String>, time_max: Duration, answer_bytes_max: usize) -> Self {
        Self { method: Method::Get, url: url.into(), headers: Vec::new(), body: Vec::new(), time_max, answer_bytes_max }
    }
}

/// Where it goes and no more: headers and body may hold secrets.
impl std::fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpRequest").field("method", &self.method).field("url", &self.url).finish_non_exhaustive()
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The first bytes of it.
    pub body: Vec<u8>,
    /// Whether the body ended by itself, before a bound or the connection did.
    pub is_whole: bool,
}

impl HttpAnswer {
    /// The first value of that header, named in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(named, _)| named == name).map(|(_, value)| value.as_str())
    }
}

/// A request that was not answered. The texts may be shown to whoever chose the URL: they name no address of the house.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpOutError {
    /// The URL is none, or leads to where nothing is sent.
    #[error("the URL cannot be used: {reason}")]
    Refused { reason: String },
    /// Nobody is there, or somebody who does not speak as agreed or in time.
    #[error("the server does not answer: {reason}")]
    Unavailable { reason: String },
}

impl crate::Fault for HttpOutError {
    fn class(&self) -> crate::Class {
        match self {
            Self::Refused { .. } => crate::Class::Refused,
            Self::Unavailable { .. } => crate::Class::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::Unavailable { .. } => "unavailable",
        }
    }
}
