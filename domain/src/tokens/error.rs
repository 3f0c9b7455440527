//! Why a token is not there, or not taken.

use entities::Address;
use sea_orm::DbErr;

use crate::fault::{Class, Fault};
use crate::ports::chain::ChainError;

/// Why a token is not there, or not taken.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("there is no token `{named}` on this network")]
    Missing { named: String },
    #[error("`{given}` is not a symbol: write 1 to 16 capital letters and digits")]
    Symbol { given: String },
    #[error("{symbol} is the name of the mint {mint}")]
    SymbolTaken { symbol: String, mint: Address },
    #[error("the mint {mint} is called {symbol}")]
    MintTaken { mint: Address, symbol: String },
    #[error("there is no mint at {mint} on this cluster")]
    NotOnChain { mint: Address },
    #[error("{symbol} ({mint}) is written down with {} decimals of {}, and its mint has {} of {}", written.0, written.1, found.0, found.1)]
    Differs { symbol: String, mint: Address, written: (i32, &'static str), found: (u8, &'static str) },
    #[error("this process speaks to no Solana cluster: set SOLANA_RPC_URL")]
    NoChain,
    #[error("the chain was asked for a token")]
    Chain(#[from] ChainError),
    #[error("the database did not answer for a token")]
    Database(#[from] DbErr),
}

impl Fault for TokenError {
    fn class(&self) -> Class {
        match self {
            Self::Missing { .. } => Class::Missing,
            Self::Symbol { .. } => Class::Invalid,
            Self::SymbolTaken { .. } | Self::MintTaken { .. } => Class::Conflict,
            Self::NotOnChain { .. } | Self::Differs { .. } => Class::Refused,
            Self::NoChain => Class::Unavailable,
            Self::Chain(error) => error.class(),
            Self::Database(error) => error.class(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "not-found",
            Self::Symbol { .. } => "validation-failed",
            Self::SymbolTaken { .. } | Self::MintTaken { .. } => "conflict",
            Self::NotOnChain { .. } | Self::Differs { .. } => "refused",
            Self::NoChain => "unavailable",
            Self::Chain(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }
}
