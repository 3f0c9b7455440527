//! One request over one connection: HTTP/1.1 (RFC 9112), without a proxy and without redirects.

use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::http_out::{HttpAnswer, HttpOut, HttpOutError, HttpRequest, Method};
use http::header::{ACCEPT, CONNECTION, HOST, USER_AGENT};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use url::Host;

use super::resolver::{Resolver, SystemResolver};
use super::settings::{Settings, SettingsError};
use super::target::{Target, may_be_reached, refused};

const NAME: &str = concat!("Tallyman/", env!("CARGO_PKG_VERSION"));
/// Addresses of one name that are tried.
const TRIES_MAX: usize = 4;
/// Bytes of the answer's status line and headers.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Sends requests to public addresses, and to those that the settings name.
pub struct GuardedHttp {
    settings: Settings,
    tls: TlsConnector,
    resolver: Arc<dyn Resolver>,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl GuardedHttp {
    /// # Errors
    /// When the authority of the settings cannot be read.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        Self::resolving(settings, Arc::new(SystemResolver))
    }

    /// The same with another way to look names up.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn resolving(settings: Settings, resolver: Arc<dyn Resolver>) -> Result<Self, SettingsError> {
        let tls: Arc<ClientConfig> = settings.tls()?;
        Ok(Self { settings, tls: TlsConnector::from(tls), resolver })
    }

    /// The addresses of the target, all of which may be reached. One that may not refuses them all: a name that leads here and there is a trick.
    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, HttpOutError> {
        let found = match &target.host {
            Host::Ipv4(address) => vec![IpAddr::V4(*address)],
            Host::Ipv6(address) => vec![IpAddr::V6(*address)],
            Host::Domain(name) => self.resolver.addresses(name).await.unwrap_or_default(),
        };
        if found.is_empty() {
            return Err(unavailable("its name leads to no address"));
        }
        if !found.iter().all(|address| may_be_reached(*address, &self.settings)) {
            return Err(refused("its name leads to an address that is not public; an operator may open it with WEBHOOK_ALLOW_NETS"));
        }
        Ok(found.into_iter().map(|address| SocketAddr::new(address, target.port)).collect())
    }

    /// A connection to one of the addresses, each of which gets its share of the time.
    async fn connect(&self, target: &Target) -> Result<Box<dyn Stream>, HttpOutError> {
        let addresses = self.addresses(target).await?;
        let share = self.settings.connect_limit() / u32::try_from(addresses.len().min(TRIES_MAX)).unwrap_or(1);
        let mut last = unavailable("nobody can be connected to");
        for address in addresses.into_iter().take(TRIES_MAX) {
            match timeout(share, self.connect_to(target, address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = error,
                Err(_) => last = unavailable("the connection took too long"),
            }
        }
        Err(last)
    }

    async fn connect_to(&self, target: &Target, address: SocketAddr) -> Result<Box<dyn Stream>, HttpOutError> {
        let stream = TcpStream::connect(address).await.map_err(|error| unavailable(format!("no connection ({})", error.kind())))?;
        if !target.is_tls {
            return Ok(Box::new(stream));
        }
        let name = match &target.host {
            Host::Domain(name) => {
                ServerName::try_from(name.trim_end_matches('.').to_owned()).map_err(|_| refused("its host is no name"))?
            }
            _ => ServerName::IpAddress(address.ip().into()),
        };
        let stream = self.tls.connect(name, stream).await.map_err(|error| unavailable(format!("no TLS connection ({error})")))?;
        Ok(Box::new(stream))
    }
}

#[async_trait]
impl HttpOut for GuardedHttp {
    fn check(&self, url: &str) -> Result<(), HttpOutError> {
        Target::parse(url, &self.settings).map(drop)
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpAnswer, HttpOutError> {
        let target = Target::parse(&request.url, &self.settings)?;
        let (until, late) = (Instant::now() + request.time_max, || unavailable("it took too long"));
        let connecting = timeout(self.settings.connect_limit(), self.connect(&target));
        let stream = timeout_at(until, connecting).await.map_err(|_| late())?.map_err(|_| late())??;
        let mut protocol = http1::Builder::new();
        protocol.max_buf_size(HEAD_BYTES_MAX);
        let (mut sender, connection) = protocol.handshake(TokioIo::new(stream)).await.map_err(|error| unavailable(error.to_string()))?;
        let answer_bytes_max = request.answer_bytes_max;
        let message = message(&target, request)?;
        let mut exchange = pin!(async {
            let answer = timeout_at(until, sender.send_request(message)).await.map_err(|_| late())?;
            Ok(read(answer.map_err(|error| unavailable(with_cause(&error)))?, until, answer_bytes_max).await)
        });
        tokio::select! {
            answer = &mut exchange => answer,
            // What has arrived can still be read.
            _ = connection => exchange.await,
        }
    }
}

fn message(target: &Target, request: HttpRequest) -> Result<http::Request<Full<Bytes>>, HttpOutError> {
    let method = match request.method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
    };
    let mut message = http::Request::builder().method(method).uri(&target.path).header(HOST, &target.authority);
    message = message.header(USER_AGENT, NAME).header(ACCEPT, "*/*").header(CONNECTION, "close");
    for (name, value) in request.headers {
        message = message.header(name, value);
    }
    message.body(Full::new(Bytes::from(request.body))).map_err(|error| refused(error.to_string()))
}

/// The answer with the first bytes of its body; what ends the body early spoils nothing of what was said before.
async fn read(answer: http::Response<Incoming>, until: Instant, bytes_max: usize) -> HttpAnswer {
    let (head, mut incoming) = answer.into_parts();
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let mut body = Vec::new();
    let is_whole = loop {
        match timeout_at(until, incoming.frame()).await {
            Ok(None) => break true,
            Ok(Some(Ok(frame))) => body.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data)),
            Ok(Some(Err(_))) | Err(_) => break false,
        }
        if body.len() > bytes_max {
            body.truncate(bytes_max);
            break false;
        }
    };
    HttpAnswer { status: head.status.as_u16(), headers, body, is_whole }
}

fn unavailable(reason: impl Into<String>) -> HttpOutError {
    HttpOutError::Unavailable { reason: reason.into() }
}

fn with_cause(error: &hyper::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
