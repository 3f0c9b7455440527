//! Take a token, as its mint on the chain says.

use entities::Address;
use entities::token;
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait as _, IntoActiveModel as _};

use super::{Token, TokenError, Tokens};
use crate::ports::chain::MintInfo;

/// The longest name of a token.
const SYMBOL_CHARS_MAX: usize = 16;

/// A token to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// 1 to 16 capital letters and digits.
    pub symbol: String,
    pub mint: Address,
}

impl Tokens<'_> {
    /// Take a token. A second time with the same symbol and mint it does nothing.
    ///
    /// # Errors
    /// When there is no such mint on the chain, or the symbol or the mint is another token's on this network.
    pub async fn add(&self, new: NewToken) -> Result<Token, TokenError> {
        let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
        if new.symbol.is_empty() || new.symbol.len() > SYMBOL_CHARS_MAX || !new.symbol.chars().all(plain) {
            return Err(TokenError::Symbol { given: new.symbol });
        }
        let MintInfo { program, decimals, .. } = self.on_chain(new.mint).await?;
        let row = Token {
            network: self.network().to_owned(),
            mint: new.mint,
            symbol: new.symbol,
            decimals: decimals.into(),
            token_program: program,
            created_at: self.domain.now(),
        };
        let insert = token::Entity::insert(row.clone().into_active_model()).on_conflict(OnConflict::new().do_nothing().to_owned());
        insert.exec_without_returning(self.domain.db.connection()).await?;
        match self.named(&row.symbol).await {
            Ok(there) if there.mint == row.mint => Ok(there),
            Ok(there) => Err(TokenError::SymbolTaken { symbol: there.symbol, mint: there.mint }),
            Err(TokenError::Missing { .. }) => Err(TokenError::MintTaken { mint: row.mint, symbol: self.get(row.mint).await?.symbol }),
            Err(error) => Err(error),
        }
    }
}
