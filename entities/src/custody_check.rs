//! What chain and books said of a mint when they were last compared. All figures are atomic units.

use sea_orm::entity::prelude::*;

use crate::value::{Address, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "custody_checks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub mint: Address,
    /// What the custody accounts held on chain.
    pub custody: i64,
    /// What they ought to hold by the books.
    pub expected: i64,
    /// What the house owes.
    pub liabilities: i64,
    /// The part of it that is on its way to vendors.
    pub in_flight: i64,
    /// The part of it that arrived and is nobody's yet.
    pub unattributed: i64,
    /// Transactions of the accounts that were seen and not read yet.
    pub unread: i64,
    /// `custody - expected`.
    pub drift: i64,
    /// The part of the difference that nothing explains.
    pub unexplained: i64,
    /// Nothing of this mint is paid out.
    pub stopped: bool,
    /// Why.
    pub reason: Option<String>,
    pub stopped_at: Option<Timestamp>,
    pub checked_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
