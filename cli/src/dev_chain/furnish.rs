//! What a development chain has that a bare one has not: a USDC of its own, and an account where deposits arrive.

use chain::dev::{DevError, Mill};
use chain::{HotTreasury, SolanaNode};
use domain::Domain;
use domain::ports::chain::Treasury as _;
use domain::tokens::{NewToken, TokenError, TokenProgram};

pub const SYMBOL: &str = "USDC";
/// As the real one.
pub const DECIMALS: u8 = 6;

#[derive(Debug, thiserror::Error)]
enum FurnishError {
    #[error(transparent)]
    Chain(#[from] DevError),
    #[error(transparent)]
    Token(#[from] TokenError),
}

/// Without it the chain runs all the same, and `tallyman dev-token create` does the same later.
pub async fn furnish(node: &SolanaNode, treasury: &HotTreasury, domain: &Domain) {
    match usdc(node, treasury, domain).await {
        Ok(()) => {}
        Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "the development chain has no {SYMBOL}"),
    }
}

async fn usdc(node: &SolanaNode, treasury: &HotTreasury, domain: &Domain) -> Result<(), FurnishError> {
    let mill = Mill::open(node, treasury).await?;
    let mint = mill.mint(SYMBOL, DECIMALS).await?;
    mill.open_account(mint, TokenProgram::SplToken, treasury.address()).await?;
    let token = domain.tokens().add(NewToken { symbol: SYMBOL.into(), mint }).await?;
    println!("{} is {} there; `tallyman dev-token mint --to ADDRESS --amount 100` gives some", token.symbol, token.mint);
    Ok(())
}
