//! A sellable agent.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AgentId, UserId};
use crate::value::{Amount, Timestamp};

/// What an agent is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Category {
    #[sea_orm(string_value = "trading")]
    Trading,
    #[sea_orm(string_value = "analytics")]
    Analytics,
    #[sea_orm(string_value = "defi")]
    Defi,
    #[sea_orm(string_value = "nft")]
    Nft,
    #[sea_orm(string_value = "social")]
    Social,
    #[sea_orm(string_value = "utility")]
    Utility,
}

impl Category {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trading => "trading",
            Self::Analytics => "analytics",
            Self::Defi => "defi",
            Self::Nft => "nft",
            Self::Social => "social",
            Self::Utility => "utility",
        }
    }
}

/// Where an agent stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum State {
    #[sea_orm(string_value = "draft")]
    Draft,
    #[sea_orm(string_value = "pending_token_signature")]
    PendingTokenSignature,
    #[sea_orm(string_value = "pending_pool_signature")]
    PendingPoolSignature,
    #[sea_orm(string_value = "deployed")]
    Deployed,
    #[sea_orm(string_value = "deactivated")]
    Deactivated,
    #[sea_orm(string_value = "failed")]
    Failed,
    /// The end; nothing leads out of it.
    #[sea_orm(string_value = "archived")]
    Archived,
}

impl State {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::PendingTokenSignature => "pending_token_signature",
            Self::PendingPoolSignature => "pending_pool_signature",
            Self::Deployed => "deployed",
            Self::Deactivated => "deactivated",
            Self::Failed => "failed",
            Self::Archived => "archived",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "agents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AgentId,
    pub owner_id: UserId,
    pub name: String,
    pub description: String,
    pub category: Category,
    pub price_atomic: Amount,
    pub price_mint: String,
    pub state: State,
    pub version: i32,
    pub token_address: Option<String>,
    pub pool_address: Option<String>,
    pub last_error: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
