//! What has to be in order before a batch is tried: custody, and where the lines go.

use entities::Address;

use super::settle::Ports;
use super::{Payout, SettlementError, Settlements};
use crate::ports::chain::{PayoutBatch, TokenAccount};
use crate::tokens::Token;

/// What was found.
pub(super) enum Checked {
    /// The token accounts of the lines, in their order.
    Ready(Vec<Address>),
    /// Custody cannot pay: no line's fault.
    Short(String),
    /// This line cannot be paid.
    Bad { index: usize, reason: String },
    /// These wallets have no account of the mint; as many as one transaction makes.
    Missing(Vec<Address>),
}

impl Settlements<'_> {
    pub(super) async fn check(&self, token: &Token, lines: &[Payout], (chain, treasury): Ports<'_>) -> Result<Checked, SettlementError> {
        let account = |owner| treasury.token_account(owner, token.mint, token.token_program);
        let destinations: Vec<Address> = lines.iter().map(|line| account(line.destination_wallet)).collect();
        let asked: Vec<Address> = std::iter::once(account(treasury.address())).chain(destinations.iter().copied()).collect();
        let mut found = chain.token_accounts(&asked).await?;
        let custody = found.remove(0);
        if let Some(why) = short(custody, lines) {
            return Ok(Checked::Short(why));
        }
        let mut missing = Vec::new();
        for (index, (line, found)) in lines.iter().zip(&found).enumerate() {
            match found {
                None if missing.contains(&line.destination_wallet) => {}
                None => missing.push(line.destination_wallet),
                Some(there) if there.is_frozen => return Ok(Checked::Bad { index, reason: "the token account is frozen".into() }),
                // By convention it is the wallet's; its owner may have given it away.
                Some(there) if there.owner != line.destination_wallet => {
                    return Ok(Checked::Bad { index, reason: "the token account belongs to somebody else".into() });
                }
                Some(_) => {}
            }
        }
        missing.truncate(PayoutBatch::ACCOUNTS_MAX);
        Ok(if missing.is_empty() { Checked::Ready(destinations) } else { Checked::Missing(missing) })
    }
}

fn short(custody: Option<TokenAccount>, lines: &[Payout]) -> Option<String> {
    let needed: i128 = lines.iter().map(|line| i128::from(line.amount.atomic())).sum();
    match custody {
        None => Some("there is no custody account of this mint".into()),
        Some(custody) if custody.is_frozen => Some("the custody account is frozen".into()),
        Some(custody) if i128::from(custody.amount) < needed => {
            Some(format!("the custody account holds {}, the batch needs {needed}", custody.amount))
        }
        Some(_) => None,
    }
}
