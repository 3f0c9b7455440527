//! What left a custody account in one transaction.

use sea_orm::entity::prelude::*;

use crate::value::{Address, Amount, Signature, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "custody_outflows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: Address,
    #[sea_orm(primary_key, auto_increment = false)]
    pub signature: Signature,
    pub amount: Amount,
    pub slot: i64,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
