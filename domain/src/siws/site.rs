//! Who asks wallets to sign in: what a message must name.

use url::Url;

use super::Chain;

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

#[cfg(test)]
mod tests {
    use super::*;

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
