//! Somebody who may call.

use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::value::{Address, Timestamp};

/// What a user may do beyond what they own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Acts in operations.
    #[sea_orm(string_value = "architect")]
    Architect,
    /// Everybody who signs up.
    #[sea_orm(string_value = "operator")]
    Operator,
    /// Reads operations, redacted.
    #[sea_orm(string_value = "observer")]
    Observer,
}

impl Role {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Architect => "architect",
            Self::Operator => "operator",
            Self::Observer => "observer",
        }
    }
}

/// Whether a user may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum State {
    #[sea_orm(string_value = "active")]
    Active,
    #[sea_orm(string_value = "suspended")]
    Suspended,
}

impl State {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
}

/// Which mails a user wants besides those that signing in needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default)]
pub struct MailPreferences {
    /// Runs of agents that ended.
    pub executions: bool,
    /// Money that came or went.
    pub payments: bool,
    /// News about the product.
    pub news: bool,
}

impl Default for MailPreferences {
    fn default() -> Self {
        Self { executions: false, payments: true, news: false }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    pub role: Role,
    pub state: State,
    pub name: Option<String>,
    /// The wallet among the user's identities.
    pub wallet_address: Option<Address>,
    /// The mail address among the user's identities, in its one spelling.
    pub email: Option<String>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub mail_preferences: Option<MailPreferences>,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
