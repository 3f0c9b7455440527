//! One sign-in of one user: a family of refresh tokens, at most one of which is unused.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{SignInId, UserId};
use crate::value::Timestamp;

/// How somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A message signed by a wallet.
    Wallet,
    /// A code sent by mail.
    Email,
    /// An identity token of Google's.
    Google,
    /// A one-time link.
    Link,
    /// A device that somebody signed in allowed.
    Device,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_ins")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SignInId,
    pub user_id: UserId,
    pub method: Method,
    /// Of the cookie, when a browser has exchanged it for one.
    pub cookie_hash: Option<String>,
    pub created_at: Timestamp,
    /// The end, however often it is refreshed.
    pub expires_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    pub closed_because: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
