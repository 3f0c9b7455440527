//! Money on its way from a vendor's account in the ledger to their wallet.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{BatchId, JobId, PayoutId, ProfileId, UserId};
use crate::value::{Address, Amount, Signature, Timestamp};

/// How far it is. What is `pending` … `submitted` is in flight: it has left what the vendor may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits for a batch.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// It has its place in one.
    #[sea_orm(string_value = "batched")]
    Batched,
    /// A transaction with it was signed.
    #[sea_orm(string_value = "submitted")]
    Submitted,
    /// It has arrived, finally.
    #[sea_orm(string_value = "confirmed")]
    Confirmed,
    /// It cannot arrive there; the vendor has it again.
    #[sea_orm(string_value = "returned")]
    Returned,
}

impl State {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Batched => "batched",
            Self::Submitted => "submitted",
            Self::Confirmed => "confirmed",
            Self::Returned => "returned",
        }
    }

    /// Whether it stays as it is.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Confirmed | Self::Returned)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "payouts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PayoutId,
    pub vendor_id: ProfileId,
    /// Whose profile it is.
    pub user_id: UserId,
    /// The job that follows it to its end.
    pub job_id: JobId,
    pub mint: Address,
    pub amount: Amount,
    pub destination_wallet: Address,
    /// The vendor's own word for it, once for each vendor.
    pub reference: String,
    pub state: State,
    pub batch_id: Option<BatchId>,
    /// Its place in the batch.
    pub line: Option<i32>,
    /// The transaction that paid it.
    pub signature: Option<Signature>,
    /// Why it came back.
    pub failure: Option<String>,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
