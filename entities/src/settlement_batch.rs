//! One transaction on chain that pays many payouts of one mint.

use sea_orm::entity::prelude::*;

use crate::id::BatchId;
use crate::value::{Address, Timestamp};

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    #[sea_orm(string_value = "settling")]
    Settling,
    /// All its lines were paid.
    #[sea_orm(string_value = "settled")]
    Settled,
    /// No line could be paid; all of them went back.
    #[sea_orm(string_value = "empty")]
    Empty,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "settlement_batches")]
pub struct Model {
    /// The marker on chain comes from it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BatchId,
    pub mint: Address,
    pub state: State,
    /// Names the destinations, where there are too many for a transaction without.
    pub lookup_table: Option<Address>,
    /// Grows with each change: whoever signs or takes a line out has to have seen the last one.
    pub version: i64,
    /// Why it does not go on.
    pub trouble: Option<String>,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
