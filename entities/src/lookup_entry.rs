//! Which lookup table names an account, as far as we have asked for it.

use sea_orm::entity::prelude::*;

use crate::value::{Address, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lookup_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: Address,
    pub lookup_table: Address,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
