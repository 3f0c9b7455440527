//! `tallyman dev-token`: tokens and SOL to try things with, on the embedded chain or a public test cluster.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use chain::dev::Mill;
use chain::{HotTreasury, SolanaNode};
use domain::ports::chain::Chain;
use domain::tokens::{NewToken, Token};
use domain::{Domain, Ports};

use crate::args::DevToken;
use crate::settings::{Env, Settings};
use crate::{dev_chain, house, outward};

const LAMPORT_DECIMALS: u32 = 9;

pub async fn run(action: DevToken) -> Result<ExitCode, Box<dyn Error>> {
    let settings = Settings::load()?;
    if settings.app.env == Env::Production {
        return Err("APP_ENV=production: nothing is made up there".into());
    }
    settings.solana.check()?;
    let url = settings.solana.rpc_url.clone().or_else(|| dev_chain::running(&settings));
    let url = url.ok_or("there is no cluster: start `tallyman up` on this data directory, or set SOLANA_RPC_URL")?;
    let node = Arc::new(SolanaNode::new(&url, &settings.solana));
    let treasury = HotTreasury::open(&*outward::secrets(&settings)?).await?;
    let mill = Mill::open(&node, &treasury).await?;
    let ports = Ports { chain: Some(Arc::clone(&node) as Arc<dyn Chain>), ..Ports::default() };
    let (domain, _) = house::rules_with(&settings, ports).await?;
    match action {
        DevToken::Create { symbol, decimals, mint_to, amount } => {
            let token = create(&mill, &domain, symbol, decimals).await?;
            println!("{} {}", token.symbol, token.mint);
            if let Some(to) = mint_to {
                mint(&mill, &token, to.parse()?, &amount).await?;
            }
        }
        DevToken::Mint { symbol, to, amount } => mint(&mill, &domain.tokens().named(&symbol).await?, to.parse()?, &amount).await?,
        DevToken::Airdrop { to, sol } => {
            println!("{}", mill.airdrop(to.parse()?, atomic(&sol, LAMPORT_DECIMALS)?).await?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(mill: &Mill<'_>, domain: &Domain, symbol: String, decimals: u8) -> Result<Token, Box<dyn Error>> {
    let mint = mill.mint(&symbol, decimals).await?;
    Ok(domain.tokens().add(NewToken { symbol, mint }).await?)
}

async fn mint(mill: &Mill<'_>, token: &Token, to: domain::entities::Address, amount: &str) -> Result<(), Box<dyn Error>> {
    let decimals = u8::try_from(token.decimals)?;
    let signature = mill.give(token.mint, token.token_program, decimals, to, atomic(amount, decimals.into())?).await?;
    println!("{signature}");
    Ok(())
}

/// `12.5` with 6 decimals is 12,500,000.
fn atomic(text: &str, decimals: u32) -> Result<u64, String> {
    let refuse = || format!("`{text}` is not an amount with at most {decimals} decimals, such as 12.5");
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let missing = usize::try_from(decimals).ok().and_then(|all| all.checked_sub(part.len())).ok_or_else(refuse)?;
    if whole.is_empty() || !digits(whole) || !digits(part) || text.ends_with('.') {
        return Err(refuse());
    }
    format!("{whole}{part}{}", "0".repeat(missing)).parse().map_err(|_| refuse())
}

#[cfg(test)]
mod tests {
    use super::atomic;

    #[test]
    fn an_amount_is_read_exactly_or_not_at_all() {
        assert_eq!(atomic("12.5", 6), Ok(12_500_000));
        assert_eq!(atomic("1", 9), Ok(1_000_000_000));
        assert_eq!(atomic("0.000001", 6), Ok(1));
        for wrong in ["", ".5", "5.", "-1", "1e3", "0.0000001", "18446744073709.551616", "1.2.3"] {
            assert!(atomic(wrong, 6).is_err(), "{wrong}");
        }
    }
}
