//! Hold what is written down against the chain.

use entities::Address;

use super::{Token, TokenError, Tokens};
use crate::ports::chain::MintInfo;

impl Tokens<'_> {
    /// Compare every token of the network with its mint. A wrong number of decimals would move a thousand times too much.
    ///
    /// # Errors
    /// [`TokenError::Differs`] or [`TokenError::NotOnChain`] for the first one that is not as it is written down; or the chain does not answer.
    pub async fn check(&self) -> Result<Vec<Token>, TokenError> {
        let tokens = self.list().await?;
        for token in &tokens {
            let mint = self.on_chain(token.mint).await?;
            if (i32::from(mint.decimals), mint.program) != (token.decimals, token.token_program) {
                let (written, found) = ((token.decimals, token.token_program.name()), (mint.decimals, mint.program.name()));
                return Err(TokenError::Differs { symbol: token.symbol.clone(), mint: token.mint, written, found });
            }
        }
        Ok(tokens)
    }

    pub(super) async fn on_chain(&self, mint: Address) -> Result<MintInfo, TokenError> {
        let chain = self.domain.ports.chain.as_ref().ok_or(TokenError::NoChain)?;
        chain.mint(mint).await?.ok_or(TokenError::NotOnChain { mint })
    }
}
