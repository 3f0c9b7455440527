//! One movement of money between two accounts. It is never changed; a pending one is posted or voided, once.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{AccountId, TransferId};
use crate::value::{Amount, Timestamp};

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The amount is held on the one side and announced on the other.
    #[sea_orm(string_value = "pending")]
    Pending,
    #[sea_orm(string_value = "posted")]
    Posted,
    /// It never happened.
    #[sea_orm(string_value = "voided")]
    Voided,
}

impl State {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Posted => "posted",
            Self::Voided => "voided",
        }
    }
}

/// Why money moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Custody to agent: money was seen on chain.
    #[sea_orm(string_value = "deposit")]
    Deposit,
    /// Agent to vendor.
    #[sea_orm(string_value = "pay")]
    Pay,
    /// Agent to its bond.
    #[sea_orm(string_value = "bond")]
    Bond,
    /// Bond to its agent; pending for as long as unbonding takes.
    #[sea_orm(string_value = "unbond")]
    Unbond,
    /// Promises to vendor: a signed payment was handed in.
    #[sea_orm(string_value = "promise")]
    Promise,
    /// Vendor to promises: a signed payment was paid, or never will be.
    #[sea_orm(string_value = "promise_kept")]
    PromiseKept,
    #[sea_orm(string_value = "promise_broken")]
    PromiseBroken,
    /// Between what a vendor has earned, what is on its way, and what has arrived.
    #[sea_orm(string_value = "payout")]
    Payout,
    #[sea_orm(string_value = "payout_returned")]
    PayoutReturned,
    #[sea_orm(string_value = "payout_settled")]
    PayoutSettled,
    /// Into or out of an escrow.
    #[sea_orm(string_value = "purchase")]
    Purchase,
    #[sea_orm(string_value = "refund")]
    Refund,
    #[sea_orm(string_value = "fee")]
    Fee,
    /// The opposite of an earlier transfer.
    #[sea_orm(string_value = "reversal")]
    Reversal,
    /// Decided by people.
    #[sea_orm(string_value = "adjustment")]
    Adjustment,
}

impl Kind {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::Pay => "pay",
            Self::Bond => "bond",
            Self::Unbond => "unbond",
            Self::Promise => "promise",
            Self::PromiseKept => "promise_kept",
            Self::PromiseBroken => "promise_broken",
            Self::Payout => "payout",
            Self::PayoutReturned => "payout_returned",
            Self::PayoutSettled => "payout_settled",
            Self::Purchase => "purchase",
            Self::Refund => "refund",
            Self::Fee => "fee",
            Self::Reversal => "reversal",
            Self::Adjustment => "adjustment",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_transfers")]
pub struct Model {
    /// Made by whoever asks for the transfer, so that asking twice moves money once.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TransferId,
    /// Whose figures fall.
    pub debit_account_id: AccountId,
    /// Whose figures rise.
    pub credit_account_id: AccountId,
    pub amount: Amount,
    pub state: State,
    /// It began as a pending one.
    pub two_phase: bool,
    pub kind: Kind,
    /// What whoever asked wrote on it.
    pub reference: Option<String>,
    /// Those that were made together or not at all.
    pub chain_id: Option<Uuid>,
    /// How many they are.
    pub chain_length: Option<i32>,
    /// The transfer that this one takes back.
    pub reverses_id: Option<TransferId>,
    /// After this a pending one is voided.
    pub expires_at: Option<Timestamp>,
    /// How long whoever asked had waited when it was written.
    pub latency_us: Option<i32>,
    pub created_at: Timestamp,
    /// When it was posted or voided.
    pub resolved_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
