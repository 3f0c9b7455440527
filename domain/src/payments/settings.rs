//! Bounds of paying.

use entities::Address;
use serde::Deserialize;

/// Section `payments`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The mint that is meant when nobody names one.
    pub mint: Address,
    /// What people call it.
    pub symbol: String,
    /// Payments of one commit.
    pub group_payments_max: usize,
    /// Commits of one process that are under way at once.
    pub groups_max: usize,
    /// How long a bond that is withdrawn stays bound.
    pub unbonding_seconds: u32,
    /// How long a signed payment may be good.
    pub intent_seconds_max: u32,
    /// Signed payments that are handed in at once.
    pub intents_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mint: "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v".parse().unwrap_or_else(|_| Address::from_bytes([0; 32])),
            symbol: "USDC".into(),
            group_payments_max: 512,
            groups_max: 2,
            unbonding_seconds: 7 * 86_400,
            intent_seconds_max: 86_400,
            intents_max: 500,
        }
    }
}

impl Settings {
    /// What people call a mint; its first characters when it has no name here.
    #[must_use]
    pub fn symbol_of(&self, mint: &Address) -> String {
        if *mint == self.mint {
            return self.symbol.clone();
        }
        let text = mint.to_string();
        if text == WRAPPED_SOL { "SOL".into() } else { text.chars().take(4).collect() }
    }
}

const WRAPPED_SOL: &str = "So11111111111111111111111111111111111111112";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mint_is_called_something() {
        let settings = Settings::default();
        assert_eq!(settings.symbol_of(&settings.mint), "USDC");
        assert_eq!(settings.symbol_of(&WRAPPED_SOL.parse().unwrap()), "SOL");
        assert_eq!(settings.symbol_of(&Address::from_bytes([0; 32])), "1111");
    }
}
