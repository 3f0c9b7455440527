//! Money of one mint that somebody holds, or owes. The figures are what the transfers say.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::AccountId;
use crate::value::{Address, Timestamp};

/// What an account is for. Only [`Kind::may_overdraw`] may fall below zero; the table's CHECK says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The other side of every deposit: what came into the custody account on chain, as a debt. Nobody's.
    #[sea_orm(string_value = "custody")]
    Custody,
    /// The other side of whatever else enters or leaves the books: fees of the network, money of the simulator. Nobody's.
    #[sea_orm(string_value = "outside")]
    Outside,
    /// What an agent profile can spend.
    #[sea_orm(string_value = "agent")]
    Agent,
    /// What an agent profile has put down as its bond.
    #[sea_orm(string_value = "bond")]
    Bond,
    /// What a vendor profile has earned and may have paid out.
    #[sea_orm(string_value = "vendor_unsettled")]
    VendorUnsettled,
    /// What agents have signed for a vendor profile and not paid yet: it counts as unsettled and is not paid out.
    #[sea_orm(string_value = "vendor_promised")]
    VendorPromised,
    /// What is on its way to a vendor profile's wallet.
    #[sea_orm(string_value = "vendor_in_flight")]
    VendorInFlight,
    /// What has reached a vendor profile's wallet since the beginning. It has left the custody account.
    #[sea_orm(string_value = "vendor_settled")]
    VendorSettled,
    /// The other side of what was promised to a vendor profile.
    #[sea_orm(string_value = "promises")]
    Promises,
    /// What somebody owes the house.
    #[sea_orm(string_value = "receivable")]
    Receivable,
    /// What is held for a purchase until it is decided.
    #[sea_orm(string_value = "escrow")]
    Escrow,
    /// What the house has earned. Nobody's.
    #[sea_orm(string_value = "fees")]
    Fees,
    /// What arrived and cannot be told whose it is. Nobody's.
    #[sea_orm(string_value = "suspense")]
    Suspense,
}

impl Kind {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Custody => "custody",
            Self::Outside => "outside",
            Self::Agent => "agent",
            Self::Bond => "bond",
            Self::VendorUnsettled => "vendor_unsettled",
            Self::VendorPromised => "vendor_promised",
            Self::VendorInFlight => "vendor_in_flight",
            Self::VendorSettled => "vendor_settled",
            Self::Promises => "promises",
            Self::Receivable => "receivable",
            Self::Escrow => "escrow",
            Self::Fees => "fees",
            Self::Suspense => "suspense",
        }
    }

    /// Whether it may fall below zero.
    #[must_use]
    pub fn may_overdraw(self) -> bool {
        matches!(self, Self::Custody | Self::Outside | Self::Promises | Self::Receivable)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_accounts")]
pub struct Model {
    /// Made of all that names the account, so that nobody has to look it up.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    pub kind: Kind,
    /// A profile, a purchase, whatever the kind belongs to; absent for what is nobody's.
    pub owner_id: Option<Uuid>,
    pub mint: Address,
    /// Of the simulator. No transfer joins its accounts and real ones.
    pub simulated: bool,
    /// Credits less debits that are posted, in atomic units.
    pub posted: i64,
    /// Credits that are pending.
    pub pending_in: i64,
    /// Debits that are pending: held, and not available any more.
    pub pending_out: i64,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
