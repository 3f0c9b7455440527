//! Bonds: money that an agent puts down, and gets back after a while.

use std::time::Duration;

use entities::id::{JobId, ProfileId, TransferId};
use entities::profile::Kind;
use entities::{Address, Amount, Timestamp};
use jobs::kinds::ReleaseBond;
use jobs::{NewJob, Run, Settled};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{PayError, Payments};
use crate::accounts::Caller;
use crate::events::{self, NewEvent};
use crate::idempotency::{self, Claim, Once};
use crate::ledger::{self, Account, AccountKind, NewTransfer, Step, TransferKind, TransferState};

/// Money that was put down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bonded {
    pub id: TransferId,
    pub amount: Amount,
    pub mint: Address,
    pub created_at: Timestamp,
}

/// Money that was asked back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unbonding {
    pub id: TransferId,
    /// The job that gives it back.
    pub job_id: JobId,
}

impl Payments<'_> {
    /// Put money of the caller's agent down as its bond.
    ///
    /// # Errors
    /// [`PayError`]: the agent has too little, or there is no agent.
    pub async fn bond(
        &self,
        caller: &Caller,
        amount: Amount,
        mint: Option<Address>,
        claim: Option<&Claim>,
    ) -> Result<Once<Bonded>, PayError> {
        let (agent, bond, _) = self.bond_accounts(caller, amount, mint).await?;
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let new = NewTransfer::new(self.domain.queue.ids().next(), agent, bond, amount, TransferKind::Bond);
        let posted = ledger::one(self.domain, &txn, Step::Create(new)).await?;
        let transfer = posted.transfer();
        let bonded = Bonded { id: transfer.id, amount, mint: bond.mint, created_at: transfer.created_at };
        idempotency::keep(&txn, claim, &bonded).await?;
        txn.commit().await?;
        Ok(Once::First(bonded))
    }

    /// Ask for a part of the bond of the caller's agent. From now on it is no bond any more, and after `payments.unbonding_seconds` it can be spent.
    ///
    /// # Errors
    /// [`PayError`]: so much is not bonded, or there is no agent.
    pub async fn unbond(
        &self,
        caller: &Caller,
        amount: Amount,
        mint: Option<Address>,
        claim: Option<&Claim>,
    ) -> Result<Once<Unbonding>, PayError> {
        let (agent, bond, profile_id) = self.bond_accounts(caller, amount, mint).await?;
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let id: TransferId = self.domain.queue.ids().next();
        let wait = Duration::from_secs(self.domain.settings.payments.unbonding_seconds.into());
        let job = NewJob::of(&ReleaseBond { transfer_id: id, profile_id })?.created_by(caller.actor()).delayed(wait);
        let (mut enqueued, wake) = self.domain.queue.enqueue_all(&txn, vec![job]).await?;
        let job_id = enqueued.remove(0).id;
        let unbonding = Unbonding { id, job_id };
        idempotency::keep(&txn, claim, &unbonding).await?;
        let new = NewTransfer::new(id, bond, agent, amount, TransferKind::Unbond).pending(None);
        ledger::one(self.domain, &txn, Step::Create(new)).await?;
        jobs::commit(txn, wake).await?;
        Ok(Once::First(unbonding))
    }

    /// Whether so much could be asked back now. Nothing is written.
    ///
    /// # Errors
    /// As [`Payments::unbond`].
    pub async fn validate_unbond(&self, caller: &Caller, amount: Amount, mint: Option<Address>) -> Result<(), PayError> {
        let (_, bond, _) = self.bond_accounts(caller, amount, mint).await?;
        let available = ledger::balance(&self.domain.db, bond).await?.available();
        if available >= amount.atomic() {
            return Ok(());
        }
        Err(PayError::Refused(ledger::Refusal::InsufficientFunds { account: bond.id(), available, needed: amount }))
    }

    /// Give back what was asked for, in the commit that ends the job. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the database refuses, or the transfer is none that can be posted.
    pub async fn release_bond(&self, job: &ReleaseBond, run: &Run) -> Result<(), PayError> {
        let txn = self.domain.db.write().await?;
        let owner = crate::profiles::owner(&*txn, job.profile_id).await?;
        let result = json!({ "transfer_id": job.transfer_id });
        run.settle_in(&txn, Settled::Succeeded(result)).await?;
        if let Some(user_id) = owner {
            let data = json!({ "state": "released", "id": job.transfer_id, "profile_id": job.profile_id });
            events::append(self.domain, &txn, NewEvent { topic: format!("user:{user_id}"), event: "bondUpdate", data }).await?;
        }
        let posted = ledger::one(self.domain, &txn, Step::Post(job.transfer_id)).await?;
        debug_assert_eq!(posted.transfer().state, TransferState::Posted);
        Ok(txn.commit().await?)
    }

    async fn bond_accounts(
        &self,
        caller: &Caller,
        amount: Amount,
        mint: Option<Address>,
    ) -> Result<(Account, Account, ProfileId), PayError> {
        if amount == Amount::ZERO {
            return Err(PayError::field("/amount", "must be more than 0"));
        }
        let agent = self.own_profile(caller, Kind::Agent).await?;
        let mint = mint.unwrap_or(self.domain.settings.payments.mint);
        Ok((Account::of(AccountKind::Agent, agent, mint), Account::of(AccountKind::Bond, agent, mint), agent))
    }
}
