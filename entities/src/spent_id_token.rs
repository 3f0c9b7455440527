//! An identity token of another provider that has signed somebody in. It does that once.

use sea_orm::entity::prelude::*;

use crate::value::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "spent_id_tokens")]
pub struct Model {
    /// Of what was signed, without the signature.
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_hash: String,
    /// From then on it would be refused anyway.
    pub expires_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
