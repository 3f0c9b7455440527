//! How requests leave the house: section `[outbound]`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use platform::Network;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;

/// Section `outbound`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Addresses or networks (`10.1.0.0/16`) that may be reached though they are not public.
    pub allow_nets: Vec<Network>,
    /// Addresses or networks that may not be reached, public or not; they win over `allow_nets`.
    pub deny_nets: Vec<Network>,
    /// Let `http://` pass too, for development.
    pub allow_http: bool,
    /// How long a look-up, a connection and its TLS handshake may take together.
    pub connect_seconds_max: u32,
    /// A PEM file with an authority of one's own; the public ones are known.
    pub ca_file: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { allow_nets: Vec::new(), deny_nets: Vec::new(), allow_http: false, connect_seconds_max: 5, ca_file: None }
    }
}

/// The section `outbound` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("section [outbound]: `ca_file` {} cannot be used", path.display())]
    Authority { path: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

impl Settings {
    pub(super) fn connect_limit(&self) -> Duration {
        Duration::from_secs(self.connect_seconds_max.into())
    }

    pub(super) fn tls(&self) -> Result<Arc<ClientConfig>, SettingsError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(path) = &self.ca_file {
            let refuse = |source: Box<dyn std::error::Error + Send + Sync>| SettingsError::Authority { path: path.clone(), source };
            let certificate = CertificateDer::from_pem_file(path).map_err(|error| refuse(error.into()))?;
            roots.add(certificate).map_err(|error| refuse(error.into()))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut tls = versions.with_root_certificates(roots).with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(tls))
    }
}
