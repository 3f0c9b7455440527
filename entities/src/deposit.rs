//! Money that arrived at a custody account. Each transfer on chain is one row, once.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{DepositId, ProfileId};
use crate::value::{Address, Amount, Signature, Timestamp};

/// Whether it is somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It arrived, and nobody knows whose it is.
    #[sea_orm(string_value = "unattributed")]
    Unattributed,
    /// An agent has it.
    #[sea_orm(string_value = "credited")]
    Credited,
}

/// Why it is that agent's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Attribution {
    /// The memo beside the transfer names it.
    #[sea_orm(string_value = "memo")]
    Memo,
    /// It came out of the wallet of the agent's user.
    #[sea_orm(string_value = "wallet")]
    Wallet,
    /// Somebody in operations has decided it.
    #[sea_orm(string_value = "operator")]
    Operator,
}

impl Attribution {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Memo => "memo",
            Self::Wallet => "wallet",
            Self::Operator => "operator",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deposits")]
pub struct Model {
    /// Also the id of the transfer that booked it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DepositId,
    /// The custody account.
    pub account: Address,
    pub mint: Address,
    pub signature: Signature,
    /// The transfer's place in the transaction, counted from 0; -1 for what no transfer explains.
    pub instruction: i32,
    /// Its place among those that the instruction called; -1 for the instruction itself.
    pub inner_instruction: i32,
    pub slot: i64,
    pub amount: Amount,
    /// The token account that it came from.
    pub source_account: Option<Address>,
    /// Whose that is.
    pub source_owner: Option<Address>,
    pub memo: Option<String>,
    pub state: State,
    /// The agent that has it.
    pub profile_id: Option<ProfileId>,
    pub attribution: Option<Attribution>,
    /// When its block was made, as the cluster says.
    pub arrived_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub credited_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
