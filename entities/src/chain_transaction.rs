//! A transaction that was signed. It is a row before a byte of it is sent.

use sea_orm::entity::prelude::*;

use crate::id::{BatchId, ChainTransactionId};
use crate::value::{Signature, Timestamp};

/// What it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Purpose {
    /// Pays the batch.
    #[sea_orm(string_value = "payouts")]
    Payouts,
    /// Makes token accounts that are missing.
    #[sea_orm(string_value = "accounts")]
    Accounts,
    /// Makes or extends a lookup table.
    #[sea_orm(string_value = "table")]
    Table,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    /// It may be on its way. A batch has one such at most.
    #[sea_orm(string_value = "signed")]
    Signed,
    #[sea_orm(string_value = "finalized")]
    Finalized,
    /// It is final, and has changed nothing.
    #[sea_orm(string_value = "failed")]
    Failed,
    /// No block takes it any more, and none has.
    #[sea_orm(string_value = "expired")]
    Expired,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "chain_transactions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ChainTransactionId,
    pub batch_id: BatchId,
    pub purpose: Purpose,
    pub signature: Signature,
    /// SHA-256 of the message, in hexadecimal.
    pub message_hash: String,
    /// The signed bytes, in base64.
    pub wire: String,
    pub last_valid_height: i64,
    pub state: State,
    /// How often it was handed to a node.
    pub sends: i32,
    /// What it costs the house at most: fees, and rent for what it makes.
    pub lamports: i64,
    pub slot: Option<i64>,
    pub failure: Option<String>,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
