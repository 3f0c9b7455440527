//! What an agent or a vendor says about itself. What they hold is in the ledger, not here.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{ProfileId, UserId};
use crate::value::{Address, Amount, Timestamp};

/// On which side of the market it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Pays for services.
    #[sea_orm(string_value = "agent")]
    Agent,
    /// Offers services through a gateway.
    #[sea_orm(string_value = "vendor")]
    Vendor,
}

impl Kind {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Vendor => "vendor",
        }
    }
}

/// Whether it may pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum State {
    #[sea_orm(string_value = "active")]
    Active,
    /// It did not pay what it had signed.
    #[sea_orm(string_value = "suspended")]
    Suspended,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "profiles")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProfileId,
    pub user_id: UserId,
    pub kind: Kind,
    pub name: String,
    pub description: Option<String>,
    pub service_type: Option<String>,
    /// Where the vendor's gateway answers.
    pub gateway_url: Option<String>,
    /// Where a vendor's payouts go.
    pub withdrawal_address: Option<Address>,
    /// What one call costs when a service says nothing else.
    pub base_price_atomic: Amount,
    /// Grows with what went wrong; set by the house.
    pub risk_score: i32,
    pub state: State,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
