//! Section `solana`.

use std::time::Duration;

use domain::siws::Chain;
use serde::Deserialize;

/// Where the cluster is, and how long it is waited for.
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the cluster answers JSON-RPC. Absent: the embedded chain, in development only.
    pub rpc_url: Option<String>,
    /// Where it serves subscriptions. Absent: nobody subscribes.
    pub ws_url: Option<String>,
    /// Which cluster it is, for the messages that wallets sign. Absent: as the host of `rpc_url` says, else `localnet`.
    pub chain: Option<Chain>,
    /// How deep the block lies whose hash makes a transaction recent, and on which drafts are tried. What counts as paid is always `finalized`.
    pub commitment: Commitment,
    /// How long one request may take.
    pub call_seconds_max: u32,
}

/// How sure a node is of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Commitment {
    Confirmed,
    Finalized,
}

/// A setting of the section `solana` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("section [solana]: rpc_url (SOLANA_RPC_URL) is no http or https URL")]
    RpcUrl,
    #[error("section [solana]: ws_url (SOLANA_WS_URL) is no ws or wss URL")]
    WsUrl,
    #[error("section [solana]: call_seconds_max is 0; write at least 1")]
    CallSeconds,
}

impl Default for Settings {
    fn default() -> Self {
        Self { rpc_url: None, ws_url: None, chain: None, commitment: Commitment::Confirmed, call_seconds_max: 15 }
    }
}

/// URLs of nodes carry keys.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hidden = |url: &Option<String>| url.as_ref().map(|_| "…");
        f.debug_struct("Settings")
            .field("rpc_url", &hidden(&self.rpc_url))
            .field("ws_url", &hidden(&self.ws_url))
            .field("chain", &self.chain)
            .field("commitment", &self.commitment)
            .field("call_seconds_max", &self.call_seconds_max)
            .finish()
    }
}

impl Settings {
    /// # Errors
    /// When a URL is none, or nothing may take time.
    pub fn check(&self) -> Result<(), SettingsError> {
        let begins = |url: &Option<String>, schemes: [&str; 2]| {
            url.as_ref().is_none_or(|url| schemes.iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())))
        };
        if !begins(&self.rpc_url, ["http://", "https://"]) {
            return Err(SettingsError::RpcUrl);
        }
        if !begins(&self.ws_url, ["ws://", "wss://"]) {
            return Err(SettingsError::WsUrl);
        }
        if self.call_seconds_max == 0 {
            return Err(SettingsError::CallSeconds);
        }
        Ok(())
    }

    /// Which cluster wallets sign for.
    #[must_use]
    pub fn chain(&self) -> Chain {
        self.chain.or_else(|| self.rpc_url.as_deref().map(Chain::of_rpc_url)).unwrap_or_default()
    }

    /// How long one request may take.
    #[must_use]
    pub fn call_max(&self) -> Duration {
        Duration::from_secs(self.call_seconds_max.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_with_a_key_is_not_printed_and_a_wrong_one_is_named_without_it() {
        let settings = Settings { rpc_url: Some("ftp://node.example/?api-key=s3cr3t".into()), ..Settings::default() };
        assert!(!format!("{settings:?}").contains("s3cr3t"));
        assert_eq!(settings.check(), Err(SettingsError::RpcUrl));
        assert!(!SettingsError::RpcUrl.to_string().contains("s3cr3t"));
        assert_eq!(Settings::default().check(), Ok(()));
    }
}
