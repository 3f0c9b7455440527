//! A gateway hands signed payments in: all of them or none, each once.

use std::collections::HashMap;

use entities::device_link::{self, State as LinkState};
use entities::id::{IntentBatchId, IntentId, JobId, ProfileId, TransferId};
use entities::payment_intent::{self, State};
use entities::{Address, Amount, Timestamp};
use jobs::NewJob;
use jobs::kinds::PostIntents;
use platform::Txn;
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Intent, Intents, SignedIntent};
use crate::accounts::Caller;
use crate::fault::FieldError;
use crate::idempotency::{self, Claim, Once};
use crate::ledger::{Account, AccountKind, Book, Chain, LedgerError, NewTransfer, Step, TransferKind};
use crate::payments::{Parties, PayError, day_of, keep_spending};
use crate::profiles::Kind;
use crate::sql::is_duplicate;

/// What was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// The job that debits the agents.
    pub job_id: JobId,
    pub accepted: usize,
    /// They had been handed in before.
    pub known: usize,
}

impl Intents<'_> {
    /// Take signed payments for the caller's vendor. From now on they count as unsettled.
    ///
    /// # Errors
    /// [`PayError::Fields`] with everything that is wrong with any of them; none is taken then.
    pub async fn submit(&self, caller: &Caller, signed: &[SignedIntent], claim: Option<&Claim>) -> Result<Once<Handed>, PayError> {
        let vendor = self.domain.payments().own_profile(caller, Kind::Vendor).await?;
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let known = earlier(self.domain.db.connection(), signed).await?;
        self.check(signed, vendor, &known)?;
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let agents = agents(&txn, signed).await?;
        let (fresh, known) = tell_apart(&txn, signed, &agents).await?;
        // Of those that were all handed in before the batch is looked at once more: a job of theirs may have been lost.
        let again = known.first().filter(|_| fresh.is_empty()).map(|intent| intent.batch_id);
        let batch_id: IntentBatchId = again.unwrap_or_else(|| self.domain.queue.ids().next());
        let job = NewJob::of(&PostIntents { batch_id })?.created_by(caller.actor());
        let (mut enqueued, wake) = self.domain.queue.enqueue_all(&txn, vec![job]).await?;
        let job_id = enqueued.remove(0).id;
        let handed = Handed { job_id, accepted: fresh.len(), known: known.len() };
        idempotency::keep(&txn, claim, &handed).await?;
        self.promise(&txn, signed, fresh, (batch_id, job_id)).await?;
        jobs::commit(txn, wake).await?;
        Ok(Once::First(handed))
    }

    /// What is wrong with them by themselves. What was handed in before was good then.
    fn check(self, signed: &[SignedIntent], vendor: ProfileId, known: &Earlier) -> Result<(), PayError> {
        let settings = &self.domain.settings.payments;
        if signed.is_empty() || signed.len() > settings.intents_max {
            return Err(PayError::field("/payment_intents", &format!("must be 1 to {}", settings.intents_max)));
        }
        let now = self.domain.now();
        let mut wrong = Vec::new();
        for (at, intent) in signed.iter().enumerate() {
            if !intent.is_in(known) {
                wrong.extend(intent.check(at, now, (&self.domain.settings.site, settings)));
            }
            if intent.to != vendor {
                wrong.push(field(at, "to", "must be your own profile as a vendor"));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(PayError::Fields(wrong)) }
    }

    /// Within the limits of those who signed, each becomes a promise.
    async fn promise(
        &self,
        txn: &Txn,
        signed: &[SignedIntent],
        fresh: Vec<(usize, ProfileId)>,
        (batch_id, job_id): (IntentBatchId, JobId),
    ) -> Result<(), PayError> {
        if fresh.is_empty() {
            return Ok(());
        }
        let now = self.domain.now();
        let rows: Vec<Intent> = fresh
            .iter()
            .map(|(at, agent_id)| signed[*at].row(*agent_id, (self.domain.queue.ids().next(), batch_id, job_id), now))
            .collect();
        let chains: Vec<Chain> = rows.iter().map(promised).collect();
        // Whoever changes an agent's limits waits for its account.
        let agents: Vec<Account> = rows.iter().map(|row| Account::of(AccountKind::Agent, row.agent_id, row.mint)).collect();
        let mut book = Book::open(self.domain, txn, &chains, &agents).await?;
        let mut parties = Parties::read(txn, rows.iter().flat_map(|row| [row.agent_id, row.vendor_id])).await?;
        let today = day_of(book.now());
        let mut wrong = Vec::new();
        for ((row, chain), (at, _)) in rows.iter().zip(&chains).zip(&fresh) {
            let allowed = parties.allow(row.agent_id, row.mint, (row.vendor_id, row.amount), today);
            match allowed.and_then(|()| book.run(chain, || self.domain.queue.ids().next()).map_err(PayError::Refused)) {
                Ok(_) => parties.count(row.agent_id, row.mint, row.amount, today),
                // How much an agent may spend, and has spent, is between it and its owner.
                Err(PayError::PaymentLimit { .. } | PayError::DayLimit { .. } | PayError::Vendor) => {
                    wrong.push(field(*at, "amount", "is more than the agent's limits allow"));
                }
                Err(error) => wrong.push(field(*at, "amount", &error.to_string())),
            }
        }
        if !wrong.is_empty() {
            return Err(PayError::Fields(wrong));
        }
        book.close(txn).await?;
        keep_spending(txn, &parties).await?;
        let rows = rows.into_iter().map(sea_orm::IntoActiveModel::into_active_model);
        let written = payment_intent::Entity::insert_many(rows).exec_without_returning(&**txn).await;
        // Another gateway is handing one of them in right now; the next try sees it.
        written.map(drop).map_err(|error| if is_duplicate(&error) { LedgerError::Raced.into() } else { error.into() })
    }
}

fn field(at: usize, name: &str, detail: &str) -> FieldError {
    FieldError { pointer: format!("/payment_intents/{at}/{name}"), detail: detail.into() }
}

/// The promise that an intent is. Both have one id.
fn promised(row: &Intent) -> Chain {
    let from = Account::of(AccountKind::Promises, row.vendor_id, row.mint);
    let to = Account::of(AccountKind::VendorPromised, row.vendor_id, row.mint);
    let id = TransferId::from(Uuid::from(row.id));
    Chain::one(Step::Create(NewTransfer::new(id, from, to, row.amount, TransferKind::Promise).reference(row.nonce.clone())))
}

impl SignedIntent {
    fn row(&self, agent_id: ProfileId, (id, batch_id, job_id): (IntentId, IntentBatchId, JobId), now: Timestamp) -> Intent {
        Intent {
            id,
            batch_id,
            job_id,
            agent_id,
            agent_key: self.agent,
            vendor_id: self.to,
            mint: self.mint,
            amount: self.amount,
            nonce: self.nonce.clone(),
            signature: self.signature.to_string(),
            expires_at: self.expires_at,
            state: State::Pending,
            failure: None,
            created_at: now,
            finished_at: None,
        }
    }

    /// Whether it was handed in before, exactly so.
    fn is_in(&self, known: &Earlier) -> bool {
        known.get(&(self.agent, self.nonce.clone())).is_some_and(|row| (row.vendor_id, row.amount, row.mint) == self.content())
    }

    fn content(&self) -> (ProfileId, Amount, Address) {
        (self.to, self.amount, self.mint)
    }
}

/// Whose keys they are.
async fn agents(txn: &Txn, signed: &[SignedIntent]) -> Result<HashMap<Address, ProfileId>, PayError> {
    let keys: std::collections::BTreeSet<Address> = signed.iter().map(|intent| intent.agent).collect();
    let links = device_link::Entity::find().filter(device_link::Column::PublicKey.is_in(keys));
    let links = links.filter(device_link::Column::State.eq(LinkState::Linked)).filter(device_link::Column::Kind.eq(Kind::Agent));
    let links = links.all(&**txn).await?;
    let agents: HashMap<Address, ProfileId> = links.into_iter().filter_map(|link| Some((link.public_key, link.profile_id?))).collect();
    let unknown = signed.iter().enumerate().filter(|(_, intent)| !agents.contains_key(&intent.agent));
    let wrong: Vec<_> = unknown.map(|(at, _)| field(at, "agent", "there is no linked agent with this key")).collect();
    if wrong.is_empty() { Ok(agents) } else { Err(PayError::Fields(wrong)) }
}

/// Which of them are new, with the profiles that pay, and which were handed in before. A nonce with other content is wrong.
async fn tell_apart(
    txn: &Txn,
    signed: &[SignedIntent],
    agents: &HashMap<Address, ProfileId>,
) -> Result<(Vec<(usize, ProfileId)>, Vec<Intent>), PayError> {
    let there = earlier(&**txn, signed).await?;
    let (mut fresh, mut known, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen: HashMap<(Address, &str), &SignedIntent> = HashMap::new();
    for (at, intent) in signed.iter().enumerate() {
        let before = there.get(&(intent.agent, intent.nonce.clone()));
        let twin = seen.insert((intent.agent, intent.nonce.as_str()), intent);
        let content = before.map(|row| (row.vendor_id, row.amount, row.mint)).or_else(|| twin.map(SignedIntent::content));
        match content {
            None => fresh.extend(agents.get(&intent.agent).map(|agent| (at, *agent))),
            Some(content) if content != intent.content() => wrong.push(field(at, "nonce", "was used before, for another payment")),
            Some(_) => known.extend(before.filter(|_| twin.is_none()).cloned()),
        }
    }
    if wrong.is_empty() { Ok((fresh, known)) } else { Err(PayError::Fields(wrong)) }
}

/// Intents by key and nonce.
type Earlier = HashMap<(Address, String), Intent>;

async fn earlier(db: &impl ConnectionTrait, signed: &[SignedIntent]) -> Result<Earlier, DbErr> {
    let (keys, nonces) = (signed.iter().map(|intent| intent.agent), signed.iter().map(|intent| intent.nonce.as_str()));
    let rows = payment_intent::Entity::find().filter(payment_intent::Column::AgentKey.is_in(keys));
    let rows = rows.filter(payment_intent::Column::Nonce.is_in(nonces)).all(db).await?;
    Ok(rows.into_iter().map(|row| ((row.agent_key, row.nonce.clone()), row)).collect())
}
