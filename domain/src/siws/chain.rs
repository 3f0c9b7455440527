//! The cluster that a message is for.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A Solana cluster, as `Chain ID` names it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Chain {
    Mainnet,
    Testnet,
    Devnet,
    #[default]
    Localnet,
}

/// Not one of the seven names of the grammar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a chain is mainnet, testnet, devnet or localnet")]
pub struct ChainError;

impl Chain {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mainnet => "mainnet",
            Self::Testnet => "testnet",
            Self::Devnet => "devnet",
            Self::Localnet => "localnet",
        }
    }

    /// The cluster behind an RPC address, as far as its host says so; everything else is a chain of somebody's own.
    #[must_use]
    pub fn of_rpc_url(url: &str) -> Self {
        let host = url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', '?', '#']).next().unwrap_or_default();
        [Self::Mainnet, Self::Testnet, Self::Devnet].into_iter().find(|chain| host.contains(chain.name())).unwrap_or_default()
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Three of the four have a second name; `solana:localnet` is none.
impl FromStr for Chain {
    type Err = ChainError;

    fn from_str(text: &str) -> Result<Self, ChainError> {
        match text {
            "mainnet" | "solana:mainnet" => Ok(Self::Mainnet),
            "testnet" | "solana:testnet" => Ok(Self::Testnet),
            "devnet" | "solana:devnet" => Ok(Self::Devnet),
            "localnet" => Ok(Self::Localnet),
            _ => Err(ChainError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_cluster_is_known_by_its_host() {
        assert_eq!(Chain::of_rpc_url("https://api.devnet.solana.com"), Chain::Devnet);
        assert_eq!(Chain::of_rpc_url("https://api.mainnet-beta.solana.com/"), Chain::Mainnet);
        assert_eq!(Chain::of_rpc_url("http://127.0.0.1:8899/?devnet"), Chain::Localnet);
    }
}
