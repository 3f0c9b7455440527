//! A device that acts for somebody with a key pair of its own, from its first question to the end.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{DeviceLinkId, ProfileId, UserId};
use crate::profile::Kind;
use crate::value::{Address, Timestamp};

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has answered yet.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// Somebody said yes; the device has not proved its key yet.
    #[sea_orm(string_value = "approved")]
    Approved,
    #[sea_orm(string_value = "denied")]
    Denied,
    /// What its key signs counts.
    #[sea_orm(string_value = "linked")]
    Linked,
    #[sea_orm(string_value = "revoked")]
    Revoked,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "device_links")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeviceLinkId,
    pub kind: Kind,
    pub name: String,
    pub public_key: Address,
    pub state: State,
    /// Whoever said yes.
    pub user_id: Option<UserId>,
    pub profile_id: Option<ProfileId>,
    /// Their names, separated by commas.
    pub scopes: String,
    pub device_code_hash: String,
    pub user_code_hash: String,
    /// Until when it may be paired.
    pub expires_at: Timestamp,
    /// How long the device has to wait between two questions.
    pub poll_ms: i32,
    pub polled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub linked_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
