//! A challenge to a wallet: it is answered once.

use sea_orm::entity::prelude::*;

use crate::value::{Address, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "auth_nonces")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub nonce: String,
    /// The wallet that was challenged.
    pub address: Address,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Answers that were wrong.
    pub failures: i32,
    pub used_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
