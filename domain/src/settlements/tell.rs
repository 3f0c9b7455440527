//! Saying what became of a payout.

use platform::Txn;
use sea_orm::DbErr;
use serde_json::json;

use super::{Payout, Settlements};
use crate::events::{self, NewEvent};

impl Settlements<'_> {
    /// In the transaction that brings it there.
    pub(super) async fn tell(&self, txn: &Txn, payout: &Payout) -> Result<(), DbErr> {
        let mut data = json!({ "payout_id": payout.id, "state": payout.state.name(), "amount": payout.amount, "mint": payout.mint });
        if let Some(signature) = payout.signature {
            data["tx_hash"] = json!(signature);
        }
        if let Some(failure) = &payout.failure {
            data["failure"] = json!(failure);
        }
        events::append(self.domain, txn, NewEvent { topic: format!("payout:{}", payout.id), event: "payoutStateUpdate", data }).await
    }
}
