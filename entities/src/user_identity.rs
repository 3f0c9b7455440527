//! What a user has proved to be theirs. It belongs to one user, and whoever proves it signs in as that user.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{IdentityId, UserId};
use crate::value::Timestamp;

/// What kind of thing was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A Solana wallet.
    Wallet,
    /// A mailbox.
    Email,
    /// A Google account.
    Google,
}

impl Kind {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wallet => "wallet",
            Self::Email => "email",
            Self::Google => "google",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "user_identities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IdentityId,
    pub user_id: UserId,
    pub kind: Kind,
    /// The wallet's address, the mail address in its one spelling, or Google's `sub`.
    pub subject: String,
    /// What Google says the mail address is; it proves nothing.
    pub email: Option<String>,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
