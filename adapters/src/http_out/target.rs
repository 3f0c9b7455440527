//! What a URL names, as far as its text tells (WHATWG URL: `https://0x7f.1/` is `https://127.0.0.1/`).

use std::net::IpAddr;

use domain::ports::http_out::HttpOutError;
use platform::Network;
use url::{Host, Url};

use super::addresses::{carried, is_public};
use super::settings::Settings;

const URL_CHARS_MAX: usize = 2_048;

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub is_tls: bool,
    pub host: Host<String>,
    pub port: u16,
    /// What stands in `Host`.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

impl Target {
    /// # Errors
    /// [`HttpOutError::Refused`] with what would be right.
    pub fn parse(text: &str, settings: &Settings) -> Result<Self, HttpOutError> {
        if text.len() > URL_CHARS_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refused(format!("it must have at most {URL_CHARS_MAX} visible ASCII characters")));
        }
        let url = Url::parse(text).map_err(|error| refused(format!("it is none ({error})")))?;
        let is_tls = match url.scheme() {
            "https" => true,
            "http" if settings.allow_http => false,
            _ => return Err(refused("it must begin with https://; an operator may let http:// pass with WEBHOOK_ALLOW_HTTP")),
        };
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(refused("it must hold no user name, no password and no fragment"));
        }
        let host = url.host().map(|host| host.to_owned()).ok_or_else(|| refused("it names no host"))?;
        let port = url.port_or_known_default().filter(|port| *port != 0).ok_or_else(|| refused("there is no port 0"))?;
        let literal = match &host {
            Host::Ipv4(address) => Some(IpAddr::V4(*address)),
            Host::Ipv6(address) => Some(IpAddr::V6(*address)),
            Host::Domain(name) if is_localhost(name) => Some(IpAddr::from([127, 0, 0, 1])),
            Host::Domain(_) => None,
        };
        if literal.is_some_and(|address| !may_be_reached(address, settings)) {
            return Err(refused("its address is not public; an operator may open it with WEBHOOK_ALLOW_NETS"));
        }
        let authority = url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        Ok(Self { is_tls, host, port, authority, path })
    }
}

pub fn refused(reason: impl Into<String>) -> HttpOutError {
    HttpOutError::Refused { reason: reason.into() }
}

/// Whether a request may be sent to an address: it is public, or the settings name it, and they do not deny it. Where an IPv6 address carries
/// one of IPv4, both have to pass: a network of translated addresses is as open as what it leads to.
pub fn may_be_reached(address: IpAddr, settings: &Settings) -> bool {
    let is_in = |networks: &[Network], address| networks.iter().any(|network| network.contains(address));
    let is_open = |address| is_public(address) || is_in(&settings.allow_nets, address);
    let passes = |address| is_open(address) && !is_in(&settings.deny_nets, address);
    passes(address) && carried(address).is_none_or(|inner| passes(IpAddr::V4(inner)))
}

/// RFC 6761 § 6.3.
fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}
