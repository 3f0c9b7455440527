//! Accepting a payout: the money leaves what the vendor may ask for in the same transaction.

use entities::id::{JobId, PayoutId};
use entities::payout::{self, State};
use entities::profile::{self, Kind};
use entities::{Address, Amount};
use jobs::NewJob;
use jobs::kinds::TrackPayout;
use platform::Txn;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};
use serde::{Deserialize, Serialize};

use super::{Payout, SettlementError, Settlements, money};
use crate::accounts::Caller;
use crate::fault::FieldError;
use crate::idempotency::{self, Claim, Once};
use crate::ledger;
use crate::profiles;

const REFERENCE_CHARS_MAX: usize = 200;

/// What a vendor asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutRequest {
    /// More than nothing.
    pub amount: Amount,
    /// The house's own mint when absent.
    pub mint: Option<Address>,
    /// The owner of the token account that it goes to; the account is made when it is missing.
    pub destination_wallet: Address,
    /// 1 … 200 characters, once for each vendor.
    pub reference: String,
}

/// An accepted payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    pub payout_id: PayoutId,
    pub job_id: JobId,
}

impl PayoutRequest {
    fn check(&self) -> Result<(), SettlementError> {
        let mut fields = Vec::new();
        let mut wrong = |pointer: &str, detail: String| fields.push(FieldError { pointer: pointer.into(), detail });
        if self.amount == Amount::ZERO {
            wrong("/amount", "must be more than 0".into());
        }
        if !(1..=REFERENCE_CHARS_MAX).contains(&self.reference.chars().count()) {
            wrong("/reference", format!("has 1 to {REFERENCE_CHARS_MAX} characters"));
        }
        if fields.is_empty() { Ok(()) } else { Err(SettlementError::Fields(fields)) }
    }
}

impl Settlements<'_> {
    /// Accept a payout of the caller's as a vendor. The same again, with the same reference, is the same payout.
    ///
    /// # Errors
    /// [`SettlementError::Ledger`] when there is not so much, [`SettlementError::Reference`] when the reference is another payout's.
    pub async fn request(
        &self,
        caller: &Caller,
        request: PayoutRequest,
        claim: Option<&Claim>,
    ) -> Result<Once<Requested>, SettlementError> {
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let mut payout = self.checked(caller, request).await?;
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(Once::Again(earlier));
        }
        if let Some(earlier) = same(&txn, &payout).await? {
            idempotency::keep(&txn, claim, &earlier).await?;
            txn.commit().await?;
            return Ok(Once::Again(earlier));
        }
        let job = NewJob::of(&TrackPayout { payout_id: payout.id })?.created_by(caller.actor());
        let (enqueued, wake) = self.domain.queue.enqueue_all(&txn, vec![job]).await?;
        payout.job_id = enqueued[0].id;
        let requested = Requested { payout_id: payout.id, job_id: payout.job_id };
        payout::Entity::insert(payout.clone().into_active_model()).exec_without_returning(&*txn).await?;
        self.tell(&txn, &payout).await?;
        idempotency::keep(&txn, claim, &requested).await?;
        ledger::one(self.domain, &txn, money::sets_out(&payout)).await?;
        jobs::commit(txn, wake).await?;
        tracing::info!(payout.id = %payout.id, amount = %payout.amount, "accepted payout `{}`", payout.id);
        Ok(Once::First(requested))
    }

    /// Check everything that [`request`](Self::request) checks but the balance, and do nothing.
    ///
    /// # Errors
    /// As `request`.
    pub async fn validate(&self, caller: &Caller, request: PayoutRequest) -> Result<(), SettlementError> {
        self.checked(caller, request).await.map(drop)
    }

    async fn checked(&self, caller: &Caller, request: PayoutRequest) -> Result<Payout, SettlementError> {
        request.check()?;
        let db = self.domain.db.connection();
        let vendor = profiles::find(db, caller.user_id, Kind::Vendor).await?;
        let vendor = vendor.ok_or(SettlementError::NoProfile { kind: Kind::Vendor })?;
        if vendor.state == profile::State::Suspended {
            return Err(SettlementError::Suspended);
        }
        let mint = request.mint.unwrap_or(self.domain.settings.payments.mint);
        Ok(Payout {
            id: self.domain.queue.ids().next(),
            vendor_id: vendor.id,
            user_id: caller.user_id,
            job_id: JobId::from(uuid::Uuid::nil()),
            mint,
            amount: request.amount,
            destination_wallet: request.destination_wallet,
            reference: request.reference,
            state: State::Pending,
            batch_id: None,
            line: None,
            signature: None,
            failure: None,
            created_at: self.domain.now(),
            ended_at: None,
        })
    }
}

/// The payout that has this reference, when it is the same one.
async fn same(txn: &Txn, asked: &Payout) -> Result<Option<Requested>, SettlementError> {
    let named = payout::Entity::find().filter(payout::Column::VendorId.eq(asked.vendor_id));
    let Some(there) = named.filter(payout::Column::Reference.eq(&asked.reference)).one(&**txn).await? else { return Ok(None) };
    if (there.mint, there.amount, there.destination_wallet) != (asked.mint, asked.amount, asked.destination_wallet) {
        return Err(SettlementError::Reference { id: there.id });
    }
    Ok(Some(Requested { payout_id: there.id, job_id: there.job_id }))
}
