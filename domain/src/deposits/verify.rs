//! Asking for one transaction at once. It books by the same rows as everything else, so nothing is credited twice, and it never decides whose a deposit is:
//! to know a transaction proves nothing.

use entities::id::{JobId, ProfileId};
use entities::{Signature, deposit};
use jobs::NewJob;
use jobs::kinds::VerifyDeposit;
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _};
use serde::{Deserialize, Serialize};

use super::{CustodyAccount, Deposit, DepositError, DepositState, Deposits};
use crate::accounts::Caller;
use crate::idempotency::{self, Claim, Once};
use crate::ports::chain::{ChainTransaction, TokenChange};
use crate::profiles::Kind;
use crate::sql::statement;

/// Somebody asked for a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed {
    /// The job that looks at it.
    pub job_id: JobId,
}

/// What is known of the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// No block that is final has it yet.
    NotFinal,
    /// It is booked.
    Booked {
        /// Of the agent for which somebody asked.
        credited: Vec<Deposit>,
        /// Transfers to us in it that are nobody's yet.
        unattributed: usize,
    },
}

impl Deposits<'_> {
    /// Have a transaction looked at now.
    ///
    /// # Errors
    /// When the text names no transaction, or the caller has no agent.
    pub async fn claim(&self, caller: &Caller, tx_hash: &str, claim: Option<&Claim>) -> Result<Once<Claimed>, DepositError> {
        let signature: Signature =
            tx_hash.parse().map_err(|error: entities::SignatureError| DepositError::field("/tx_hash", &error.to_string()))?;
        let profile_id = self.domain.payments().profile(caller, Kind::Agent).await?.ok_or_else(DepositError::no_agent)?;
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let job = NewJob::of(&VerifyDeposit { signature, profile_id })?.created_by(caller.actor());
        let (enqueued, wake) = self.domain.queue.enqueue_all(&txn, vec![job]).await?;
        let claimed = Claimed { job_id: enqueued.first().map(|job| job.id).ok_or_else(DepositError::no_agent)? };
        idempotency::keep(&txn, claim, &claimed).await?;
        jobs::commit(txn, wake).await?;
        Ok(Once::First(claimed))
    }

    /// Look at a transaction, and book what it brought us.
    ///
    /// # Errors
    /// [`DepositError::NotFound`] after `deposits.wait_seconds_max`, [`DepositError::FailedOnChain`], [`DepositError::NotToUs`], [`DepositError::WrongMint`].
    pub async fn verify(&self, signature: Signature, for_agent: ProfileId, job: JobId) -> Result<Verified, DepositError> {
        let custody = self.open_custody().await?;
        if custody.is_empty() {
            return Err(DepositError::NotOpen);
        }
        if self.of(signature).await?.is_empty() {
            let Some(transaction) = self.chain()?.transaction(signature).await? else { return self.wait_for(job).await };
            if let Some(failure) = transaction.failure {
                return Err(DepositError::FailedOnChain(failure));
            }
            self.book(&transaction).await?;
            if self.of(signature).await?.is_empty() {
                return Err(why_not(&transaction, &custody));
            }
        }
        let found = self.of(signature).await?;
        let unattributed = found.iter().filter(|row| row.state == DepositState::Unattributed).count();
        let credited = found.into_iter().filter(|row| row.profile_id == Some(for_agent)).collect();
        Ok(Verified::Booked { credited, unattributed })
    }

    async fn of(&self, signature: Signature) -> Result<Vec<Deposit>, DepositError> {
        Ok(deposit::Entity::find().filter(deposit::Column::Signature.eq(signature)).all(self.domain.db.connection()).await?)
    }

    /// A transaction that is not final yet is waited for, not for ever.
    async fn wait_for(&self, job: JobId) -> Result<Verified, DepositError> {
        let (engine, seconds) = (self.domain.db.engine(), self.domain.settings.deposits.wait_seconds_max);
        let sql = format!("SELECT created_at + $2 < {} FROM jobs WHERE id = $1", engine.now_sql());
        let asked = statement(engine, sql, [job.into(), (i64::from(seconds) * 1_000_000).into()]);
        let is_over = self.domain.db.query_one_raw(asked).await?.map_or(Ok(true), |row| row.try_get_by_index(0))?;
        if is_over { Err(DepositError::NotFound { seconds }) } else { Ok(Verified::NotFinal) }
    }
}

/// It has been read, and nothing of it is ours.
fn why_not(transaction: &ChainTransaction, custody: &[CustodyAccount]) -> DepositError {
    let to_treasury =
        |change: &TokenChange| change.after > change.before && custody.iter().any(|account| Some(account.owner) == change.owner);
    if transaction.changes.iter().any(to_treasury) { DepositError::WrongMint } else { DepositError::NotToUs }
}
