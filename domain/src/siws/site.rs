//! Who asks wallets to sign in: what a message must name.

use std::net::IpAddr;

use url::{Host, Url};

use super::Chain;

/// This machine, by each of its names.
const THIS_MACHINE: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Our own name in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Host, and port where it is not the scheme's own.
    pub domain: String,
    /// `PUBLIC_URL`, without a slash at its end.
    pub uri: String,
    pub chain: Chain,
}

impl Site {
    /// From the address at which people's browsers see us, such as `https://tallyman.example`.
    #[must_use]
    pub fn new(public_url: &str, chain: Chain) -> Self {
        let uri = public_url.trim_end_matches('/').to_owned();
        let authority = uri.split_once("://").map_or(uri.as_str(), |(_, rest)| rest).split(['/', '?', '#']).next();
        Self { domain: authority.unwrap_or_default().to_owned(), uri, chain }
    }

    /// Whom a request to us is for (RFC 9421 § 2.2.3): our host in lower case, and the port where it is not the scheme's own.
    #[must_use]
    pub fn authority(&self) -> String {
        authority(&self.uri).unwrap_or_else(|| self.domain.clone())
    }

    /// Under which names a request may be signed for us: our authority; and where that is an address of this machine alone, or of no machine,
    /// each name that this machine has for itself.
    #[must_use]
    pub fn authorities(&self) -> Vec<String> {
        let mut names = vec![self.authority()];
        if let Some(url) = Url::parse(&self.uri).ok().filter(is_this_machine) {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            names.extend(THIS_MACHINE.map(|host| format!("{host}{port}")).into_iter().filter(|name| *name != self.authority()));
        }
        names
    }

    /// Whether people reach us over TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.uri.starts_with("https://")
    }
}

impl Default for Site {
    fn default() -> Self {
        Self::new("http://127.0.0.1:8080", Chain::Localnet)
    }
}

/// Whom a request to this URL is for (RFC 9421 § 2.2.3): its host in lower case, and the port where it is not the scheme's own. `None` when the
/// text is no URL of a server.
#[must_use]
pub fn authority(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str().filter(|host| !host.is_empty())?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Whoever listens everywhere and has no other name is reached here as well.
fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_here(address.into()),
        Some(Host::Ipv6(address)) => is_here(address.into()),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn is_here(address: IpAddr) -> bool {
    address.is_loopback() || address.is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_several_names_and_every_other_one() {
        let names = |url: &str| Site::new(url, Chain::Localnet).authorities();
        assert_eq!(names("http://127.0.0.1:8080"), ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"]);
        assert_eq!(names("http://localhost"), ["localhost", "127.0.0.1", "[::1]"]);
        assert_eq!(names("http://0.0.0.0:80"), ["0.0.0.0", "127.0.0.1", "localhost", "[::1]"]);
        for elsewhere in ["https://tallyman.example", "http://10.0.0.1:8080", "https://localhost.example"] {
            assert_eq!(names(elsewhere).len(), 1, "{elsewhere}");
        }
    }

    #[test]
    fn an_authority_has_one_spelling() {
        for (url, expected) in [
            ("https://Tallyman.Example/", "tallyman.example"),
            ("https://tallyman.example:443", "tallyman.example"),
            ("http://tallyman.example:443", "tallyman.example:443"),
            ("http://127.0.0.1:8080/base", "127.0.0.1:8080"),
            ("http://[::1]:80", "[::1]"),
        ] {
            assert_eq!(authority(url).as_deref(), Some(expected), "{url}");
            assert_eq!(Site::new(url, Chain::Localnet).authority(), expected);
        }
        assert_eq!(authority("tallyman"), None);
    }
}
