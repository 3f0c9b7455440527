//! What an agent profile may spend of one mint.

use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::ProfileId;
use crate::value::{Address, Amount, Timestamp};

/// The vendor profiles that may be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Vendors(pub Vec<ProfileId>);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "spending_limits")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub profile_id: ProfileId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub mint: Address,
    /// Of one payment.
    pub payment_max: Option<Amount>,
    /// Of all payments of a day, UTC.
    pub day_max: Option<Amount>,
    /// Absent: every vendor.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub vendors: Option<Vendors>,
    /// Somebody is told when less than this is left.
    pub low_balance: Option<Amount>,
    /// The day that `spent` is of: days since 1970-01-01.
    pub day: i64,
    /// Counted while there is a `day_max`.
    pub spent: Amount,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
