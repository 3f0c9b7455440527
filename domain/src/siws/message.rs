//! The parts of a message, and the one text that they make.

use std::fmt;

use entities::Address;

use super::{Chain, DateTime};

/// A sign-in message. Only domain and address are mandatory in the grammar; who asks for more looks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who asks: host, and port where it is not the scheme's own.
    pub domain: String,
    pub address: Address,
    pub statement: Option<String>,
    pub uri: Option<String>,
    /// Whether `Version: 1` was said; there is no other version.
    pub version: bool,
    /// As it was written: three clusters have two names.
    pub chain_id: Option<(Chain, String)>,
    pub nonce: Option<String>,
    pub issued_at: Option<DateTime>,
    pub expiration_time: Option<DateTime>,
    pub not_before: Option<DateTime>,
    pub request_id: Option<String>,
    pub resources: Option<Vec<String>>,
}

impl Message {
    /// The least that the grammar allows.
    #[must_use]
    pub fn new(domain: impl Into<String>, address: Address) -> Self {
        Self {
            domain: domain.into(),
            address,
            statement: None,
            uri: None,
            version: false,
            chain_id: None,
            nonce: None,
            issued_at: None,
            expiration_time: None,
            not_before: None,
            request_id: None,
            resources: None,
        }
    }

    fn fields(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = |label: &str, value: Option<String>| lines.extend(value.map(|value| format!("{label}: {value}")));
        line("URI", self.uri.clone());
        line("Version", self.version.then(|| "1".to_owned()));
        line("Chain ID", self.chain_id.as_ref().map(|(_, written)| written.clone()));
        line("Nonce", self.nonce.clone());
        line("Issued At", self.issued_at.as_ref().map(ToString::to_string));
        line("Expiration Time", self.expiration_time.as_ref().map(ToString::to_string));
        line("Not Before", self.not_before.as_ref().map(ToString::to_string));
        line("Request ID", self.request_id.clone());
        if let Some(resources) = &self.resources {
            lines.push("Resources:".to_owned());
            lines.extend(resources.iter().map(|uri| format!("- {uri}")));
        }
        lines
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} wants you to sign in with your Solana account:\n{}", self.domain, self.address)?;
        if let Some(statement) = &self.statement {
            write!(f, "\n\n{statement}")?;
        }
        let fields = self.fields();
        if !fields.is_empty() {
            write!(f, "\n\n{}", fields.join("\n"))?;
        }
        Ok(())
    }
}
