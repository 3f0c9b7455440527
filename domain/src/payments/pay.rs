//! One payment, as its payer asks for it.

use std::time::Instant;

use entities::id::{ProfileId, TransferId};
use entities::profile::Kind;
use entities::{Address, Amount, Timestamp};
use serde::{Deserialize, Serialize};

use super::group::{self, Asked, Way};
use super::{PayError, Payments};
use crate::accounts::Caller;
use crate::fault::FieldError;
use crate::idempotency::{self, Claim, Once};
use crate::ledger::Transfer;

const REFERENCE_CHARS_MAX: usize = 200;

/// What a payer asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayRequest {
    /// Made by the payer: asking again with the same id pays once.
    pub id: TransferId,
    /// The profile of a vendor.
    pub to: ProfileId,
    /// More than nothing.
    pub amount: Amount,
    /// The house's own mint when absent.
    pub mint: Option<Address>,
    /// 1 … 200 characters.
    pub reference: Option<String>,
}

/// A payment that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub id: TransferId,
    pub to: ProfileId,
    pub amount: Amount,
    pub mint: Address,
    pub reference: Option<String>,
    /// From its arrival until it was written.
    pub latency_us: i32,
    pub created_at: Timestamp,
}

impl Payments<'_> {
    /// Pay a vendor from the caller's agent. It is done when this answers; asked again with the same id it is the same answer.
    ///
    /// # Errors
    /// [`PayError`]; a payment that was refused has moved nothing, and its id may be used again.
    pub async fn pay(&self, caller: &Caller, request: PayRequest, claim: Option<&Claim>) -> Result<Once<Payment>, PayError> {
        let arrived = Instant::now();
        request.check()?;
        let payer = self.own_profile(caller, Kind::Agent).await?;
        let mint = request.mint.unwrap_or(self.domain.settings.payments.mint);
        let asked = Asked { payer, mint, request, arrived };
        match claim {
            None => self.domain.payments_desk.pay(self.domain, asked).await,
            Some(_) => self.pay_under_key(asked, claim).await,
        }
    }

    /// With an idempotency key beside its id a payment has a transaction of its own, because the key is kept in it.
    async fn pay_under_key(&self, asked: Asked, claim: Option<&Claim>) -> Result<Once<Payment>, PayError> {
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let mut answers = group::run(self.domain, &txn, std::slice::from_ref(&asked), Way::Sure).await?;
        let paid = answers.remove(0)?;
        idempotency::keep(&txn, claim, paid.get()).await?;
        txn.commit().await?;
        Ok(paid)
    }
}

impl PayRequest {
    fn check(&self) -> Result<(), PayError> {
        let mut wrong = Vec::new();
        let mut refuse = |pointer: &str, detail: String| wrong.push(FieldError { pointer: pointer.into(), detail });
        if self.amount == Amount::ZERO {
            refuse("/amount", "must be more than 0".into());
        }
        // The house makes ids of this version out of others, so nobody may be there before it.
        if uuid::Uuid::from(self.id).get_version_num() == 8 {
            refuse("/id", "must be a UUID of another version than 8".into());
        }
        if let Some(reference) = &self.reference {
            let chars = reference.chars().count();
            if chars == 0 || chars > REFERENCE_CHARS_MAX || reference.chars().any(char::is_control) {
                refuse("/reference", format!("must have 1 to {REFERENCE_CHARS_MAX} characters, and no control characters"));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(PayError::Fields(wrong)) }
    }
}

impl Payment {
    pub(super) fn of(asked: &Asked, transfer: &Transfer) -> Self {
        Self {
            id: transfer.id,
            to: asked.request.to,
            amount: transfer.amount,
            mint: asked.mint,
            reference: transfer.reference.clone(),
            latency_us: transfer.latency_us.unwrap_or(0),
            created_at: transfer.created_at,
        }
    }
}
