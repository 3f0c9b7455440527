//! `/v1/tokens`: what the house takes as money.

use domain::Domain;
use domain::tokens;
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::Wallet;

pub struct TokensApi {
    pub domain: Domain,
}

/// The program that keeps a mint and its accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
enum TokenProgram {
    /// SPL Token.
    #[oai(rename = "spl_token")]
    SplToken,
    /// Token-2022.
    #[oai(rename = "token_2022")]
    Token2022,
}

impl From<tokens::TokenProgram> for TokenProgram {
    fn from(program: tokens::TokenProgram) -> Self {
        match program {
            tokens::TokenProgram::SplToken => Self::SplToken,
            tokens::TokenProgram::Token2022 => Self::Token2022,
        }
    }
}

/// A token that the house takes.
#[derive(Debug, Object)]
#[expect(clippy::struct_field_names, reason = "`token_program` is its name on the chain")]
struct Token {
    symbol: String,
    /// `mainnet`, `testnet`, `devnet` or `localnet`.
    network: String,
    mint: Wallet,
    /// An amount of 1 is 10^-decimals of it.
    decimals: i32,
    token_program: TokenProgram,
}

impl From<tokens::Token> for Token {
    fn from(row: tokens::Token) -> Self {
        Self {
            symbol: row.symbol,
            network: row.network,
            mint: row.mint.into(),
            decimals: row.decimals,
            token_program: row.token_program.into(),
        }
    }
}

/// All of them, by their symbols.
#[derive(Debug, Object)]
struct TokenList {
    tokens: Vec<Token>,
}

#[OpenApi(prefix_path = "/v1/tokens", tag = "Tag::Payments")]
impl TokensApi {
    /// The tokens of this network
    ///
    /// Public: wallets ask before anybody has signed in.
    #[oai(path = "/", method = "get", operation_id = "listTokens")]
    async fn list(&self) -> Result<Json<TokenList>, Problem> {
        let tokens = self.domain.tokens().list().await?;
        Ok(Json(TokenList { tokens: tokens.into_iter().map(Into::into).collect() }))
    }
}
