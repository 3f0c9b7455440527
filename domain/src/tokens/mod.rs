//! The tokens that the house takes on its network. Nobody types in what the chain knows: decimals and program are read from the mint, and
//! compared with it again at each start.

mod add;
mod check;
mod error;

pub use entities::token::{Model as Token, TokenProgram};
use entities::{Address, token};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};

pub use add::NewToken;
pub use error::TokenError;

use crate::context::Domain;

/// The tokens of the network that the house is on.
#[derive(Clone, Copy)]
pub struct Tokens<'a> {
    pub(crate) domain: &'a Domain,
}

impl Domain {
    /// What the house takes as money.
    #[must_use]
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens { domain: self }
    }
}

impl Tokens<'_> {
    /// All of them, by their symbols.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn list(&self) -> Result<Vec<Token>, TokenError> {
        Ok(self.of_network().order_by_asc(token::Column::Symbol).all(self.domain.db.connection()).await?)
    }

    /// The token with this mint.
    ///
    /// # Errors
    /// [`TokenError::Missing`] when the house does not take it.
    pub async fn get(&self, mint: Address) -> Result<Token, TokenError> {
        let found = self.of_network().filter(token::Column::Mint.eq(mint)).one(self.domain.db.connection()).await?;
        found.ok_or_else(|| TokenError::Missing { named: mint.to_string() })
    }

    /// The token that people call so.
    ///
    /// # Errors
    /// [`TokenError::Missing`] when there is none.
    pub async fn named(&self, symbol: &str) -> Result<Token, TokenError> {
        let found = self.of_network().filter(token::Column::Symbol.eq(symbol)).one(self.domain.db.connection()).await?;
        found.ok_or_else(|| TokenError::Missing { named: symbol.to_owned() })
    }

    fn of_network(self) -> sea_orm::Select<token::Entity> {
        token::Entity::find().filter(token::Column::Network.eq(self.network()))
    }

    fn network(self) -> &'static str {
        self.domain.settings.site.chain.name()
    }
}
