//! A key for programs. Its text is not here: only a keyed hash of it.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{ApiKeyId, UserId};
use crate::value::Timestamp;

/// What the key is for; it decides in which list it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// Programs of the user's own.
    #[sea_orm(string_value = "user")]
    User,
    /// An agent that pays.
    #[sea_orm(string_value = "agent")]
    Agent,
    /// A vendor's back office.
    #[sea_orm(string_value = "vendor")]
    Vendor,
    /// A vendor's gateway.
    #[sea_orm(string_value = "gateway")]
    Gateway,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApiKeyId,
    pub user_id: UserId,
    pub holder: Holder,
    pub name: String,
    /// The beginning of the key, by which people tell theirs apart.
    pub prefix: String,
    /// HMAC-SHA-256 of the whole key, in hexadecimal digits.
    pub hash: String,
    /// Which version of the pepper the hash was made with.
    pub pepper_version: i32,
    /// Their names, separated by commas.
    pub scopes: String,
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Not more than about a minute behind.
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    /// When the key that took its place is alone, however long this one was meant to live.
    pub replaced_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
