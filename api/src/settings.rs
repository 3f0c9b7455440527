//! What the API can be told: section `[api]`.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use platform::Network;
use platform::config::Hidden;
use serde::Deserialize;

/// Where the API listens and how much it takes.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub port: u16,
    pub host: IpAddr,
    /// `host:port` in one; wins over both.
    pub listen: Option<SocketAddr>,
    /// How callers reach us, for links that we make. Absent: `http://host:port`.
    pub public_url: Option<String>,
    /// Addresses or networks (`10.0.0.0/8`) whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Origins of browsers that may call from elsewhere. Empty: none, the console is of our own origin.
    pub cors_origins: Vec<String>,
    /// Above the largest input of a run (`executions.input_bytes_max`), which comes in a body with more in it.
    pub body_bytes_max: usize,
    /// How deep objects and arrays may be nested in a body.
    pub body_depth_max: usize,
    /// How long a request may take to be read and answered. More than the longest `Prefer: wait`.
    pub request_seconds_max: u64,
    /// Executions that are followed in this process at once, by everybody and by one user.
    pub followers_max: usize,
    pub followers_of_caller_max: usize,
    /// Who may read `/metrics`. Empty: everybody.
    pub metrics_nets: Vec<Network>,
    /// How long requests in flight are waited for at shutdown.
    pub drain_seconds_max: u64,
    /// The key that will sign access tokens next, public or private. Absent: the file in the data directory, if there is one.
    pub jwt_staged_key: Option<Hidden>,
    /// The key that signed them before.
    pub jwt_retired_key: Option<Hidden>,
    /// How long an access token is good for.
    pub access_token_seconds: u64,
    /// What signs access tokens: an Ed25519 private key in PKCS#8 PEM, or a secret of which one is made. Absent: the file in the data directory.
    pub jwt_signing_key: Option<Hidden>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 8080,
            host: IpAddr::from([127, 0, 0, 1]),
            listen: None,
            public_url: None,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            body_bytes_max: (1024 + 64) * 1024,
            body_depth_max: 64,
            request_seconds_max: 60,
            followers_max: 1_000,
            followers_of_caller_max: 20,
            metrics_nets: Vec::new(),
            drain_seconds_max: 30,
            access_token_seconds: 900,
            jwt_signing_key: None,
            jwt_staged_key: None,
            jwt_retired_key: None,
        }
    }
}

impl Settings {
    /// The address to bind.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listen.unwrap_or(SocketAddr::new(self.host, self.port))
    }

    /// The URL that callers use, without a slash at the end.
    #[must_use]
    pub fn public_url(&self) -> String {
        let own = || format!("http://{}", self.address());
        self.public_url.as_ref().map_or_else(own, |url| url.trim_end_matches('/').to_owned())
    }

    #[must_use]
    pub fn access_token_lifetime(&self) -> Duration {
        Duration::from_secs(self.access_token_seconds)
    }

    #[must_use]
    pub fn request_limit(&self) -> Duration {
        Duration::from_secs(self.request_seconds_max)
    }
}
