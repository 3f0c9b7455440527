//! A token account of the treasury where deposits of one mint arrive, and how far its history is known.

use sea_orm::entity::prelude::*;

use crate::value::{Address, Signature, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "custody_accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub address: Address,
    /// `mainnet`, `testnet`, `devnet` or `localnet`.
    pub network: String,
    pub mint: Address,
    /// The treasury.
    pub owner: Address,
    /// Everything up to this transaction is written down.
    pub cursor_signature: Option<Signature>,
    pub cursor_slot: i64,
    /// A walk back to the cursor that is not over has come down to here.
    pub scan_before: Option<Signature>,
    /// What is newer than this slot may still change its place when the walk is over.
    pub scan_horizon: Option<i64>,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
