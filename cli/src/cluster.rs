//! The Solana cluster that this process speaks to, and the keys with which it pays.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use chain::{HotTreasury, KeyError, SolanaNode};
use domain::ports::secrets::{Secrets, SecretsError};
use domain::tokens::TokenError;
use domain::{Class, Domain, Fault as _};
use tokio_util::sync::CancellationToken;

use crate::dev_chain::DevChain;
use crate::settings::Settings;

/// What this process does with the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Solana {
    No,
    Asks,
    /// Pays, when the keys are there.
    MayPay,
    /// Pays, or does not start.
    Pays,
    /// Pays when the keys are there, and keeps a chain beside itself when development has no other.
    Embeds,
}

/// As far as this process has them.
#[derive(Default)]
pub struct Cluster {
    pub node: Option<Arc<SolanaNode>>,
    pub treasury: Option<Arc<HotTreasury>>,
    /// Where the node serves subscriptions.
    pub ws_url: Option<String>,
    /// To be kept by this process.
    pub embedded: Option<DevChain>,
}

impl Cluster {
    /// # Errors
    /// When a key that must be there is not, or none at all.
    pub async fn of(solana: Solana, settings: &Settings, secrets: &dyn Secrets) -> Result<Self, Box<dyn Error>> {
        let embedded = if solana == Solana::Embeds { DevChain::of(settings)? } else { None };
        let url = settings.solana.rpc_url.clone().or_else(|| embedded.as_ref().map(DevChain::rpc_url));
        let Some(url) = url.filter(|_| solana != Solana::No) else { return Ok(Self::default()) };
        let node = Some(Arc::new(SolanaNode::new(&url, &settings.solana)));
        let treasury = match (solana, HotTreasury::open(secrets)) {
            (Solana::No | Solana::Asks, _) => None,
            (_, opening) => match opening.await {
                Ok(treasury) => Some(Arc::new(treasury)),
                Err(KeyError::Secret { source: SecretsError::Missing { name, advice }, .. }) if solana != Solana::Pays => {
                    tracing::warn!(secret = name, advice, "nothing is paid out by this process; everything else goes on");
                    None
                }
                Err(error) => return Err(error.into()),
            },
        };
        let ws_url = settings.solana.ws_url.clone().or_else(|| embedded.as_ref().map(DevChain::ws_url));
        Ok(Self { node, treasury, ws_url, embedded })
    }
}

/// How often a cluster that does not answer is asked for its mints.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Compare what is written down of the tokens with their mints, as soon as the cluster answers, and say what is wrong.
pub async fn check_tokens(domain: Domain, stop: CancellationToken) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = look.tick() => {}
        }
        match domain.tokens().check().await {
            Ok(tokens) => return tracing::debug!(tokens = tokens.len(), "the tokens are as their mints say"),
            Err(TokenError::NoChain) => return,
            Err(error) if error.class() == Class::Unavailable => {}
            Err(error) => return tracing::error!(error = &error as &dyn Error, "a token is not as its mint says; pay nothing in it"),
        }
    }
}
