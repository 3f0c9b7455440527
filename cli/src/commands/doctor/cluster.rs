//! The Solana cluster, and the keys that pay on it.

use chain::{HotTreasury, SolanaNode};
use domain::ports::chain::{Chain as _, Height, Treasury as _};

use super::Finding;
use crate::dev_chain::ADVICE;
use crate::outward;
use crate::settings::{Env, Settings};

pub async fn cluster(settings: &Settings) -> Finding {
    if let Err(error) = settings.solana.check() {
        return Finding::broken("solana", error.to_string(), "mend SOLANA_RPC_URL or SOLANA_WS_URL");
    }
    let Some(url) = &settings.solana.rpc_url else { return embedded(settings) };
    let node = SolanaNode::new(url, &settings.solana);
    match (node.genesis().await, node.height().await) {
        (Ok(genesis), Ok(Height(height))) => {
            Finding::well("solana", format!("{}, height {height}, genesis {genesis}", settings.solana.chain()))
        }
        (Err(error), _) | (_, Err(error)) => {
            Finding::broken("solana", error.to_string(), "check SOLANA_RPC_URL, and whether its key is still good")
        }
    }
}

fn embedded(settings: &Settings) -> Finding {
    if settings.app.env == Env::Production || !settings.dev_chain.enabled {
        return Finding::well("solana", "not configured; nothing is paid on chain");
    }
    let program = settings.dev_chain.program();
    if program.is_file() {
        return Finding::well("solana", "not configured; `tallyman up` keeps a development chain");
    }
    Finding::warning("solana", format!("the development chain is not there ({})", program.display()), ADVICE)
}

pub async fn treasury(settings: &Settings) -> Finding {
    let advice = "give the secrets `treasury` and `fee_payer` (docs/settings.md); payouts wait for them";
    let secrets = match outward::secrets(settings) {
        Ok(secrets) => secrets,
        Err(error) => return Finding::broken("treasury", error.to_string(), advice),
    };
    match HotTreasury::open(&*secrets).await {
        Ok(treasury) => Finding::well("treasury", format!("{}, fees by {}", treasury.address(), treasury.fee_payer())),
        Err(error) if settings.solana.rpc_url.is_none() => Finding::warning("treasury", error.to_string(), advice),
        Err(error) => Finding::broken("treasury", error.to_string(), advice),
    }
}
