//! A token that the house takes: its name, and its mint on one network.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::value::{Address, Timestamp};

/// The program that keeps a mint and its accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum TokenProgram {
    /// SPL Token.
    #[sea_orm(string_value = "spl_token")]
    SplToken,
    /// Token-2022, with extensions.
    #[sea_orm(string_value = "token_2022")]
    Token2022,
}

impl TokenProgram {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SplToken => "spl_token",
            Self::Token2022 => "token_2022",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tokens")]
pub struct Model {
    /// `mainnet`, `testnet`, `devnet` or `localnet`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub network: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub mint: Address,
    /// One on each network.
    pub symbol: String,
    /// An amount of 1 is 10^-decimals of it.
    pub decimals: i32,
    pub token_program: TokenProgram,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
