//! A transaction in the history of a custody account.

use sea_orm::entity::prelude::*;

use crate::value::{Address, Signature, Timestamp};

/// Whether it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    #[sea_orm(string_value = "pending")]
    Pending,
    /// What it brought is booked.
    #[sea_orm(string_value = "done")]
    Done,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "custody_signatures")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: Address,
    #[sea_orm(primary_key, auto_increment = false)]
    pub signature: Signature,
    pub slot: i64,
    pub state: State,
    /// How often a node did not have it.
    pub tries: i32,
    /// When it is asked for again.
    pub look_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
