//! A payment that an agent has signed and a vendor has handed in.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{IntentBatchId, IntentId, JobId, ProfileId};
use crate::value::{Address, Amount, Timestamp};

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The vendor has it as a promise.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// The agent has paid.
    #[sea_orm(string_value = "settled")]
    Settled,
    /// The agent could not pay, and the promise is taken back.
    #[sea_orm(string_value = "failed")]
    Failed,
}

impl State {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Settled => "settled",
            Self::Failed => "failed",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_intents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IntentId,
    /// Those that were handed in together.
    pub batch_id: IntentBatchId,
    /// What debits the agents.
    pub job_id: JobId,
    /// The profile that pays.
    pub agent_id: ProfileId,
    /// The key that signed.
    pub agent_key: Address,
    pub vendor_id: ProfileId,
    pub mint: Address,
    pub amount: Amount,
    /// Made by the agent, once.
    pub nonce: String,
    pub signature: String,
    /// Until when it had to be handed in.
    pub expires_at: Timestamp,
    pub state: State,
    /// The code of why the agent did not pay.
    pub failure: Option<String>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
