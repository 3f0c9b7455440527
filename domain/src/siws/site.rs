//! Who asks wallets to sign in: what a message must name.

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
