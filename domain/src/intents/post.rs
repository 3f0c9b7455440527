//! Agents pay what they have signed. Who cannot is suspended, and the vendor's promise is taken back and said so, all in one transaction.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use entities::id::{IntentBatchId, IntentId, ProfileId, TransferId};
use entities::payment_intent::{self, State};
use entities::{EmailAddress, event, profile, user};
use jobs::Wake;
use jobs::store::sql::{Col, rows};
use platform::Txn;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Intent, Intents};
use crate::ledger::{Account, AccountKind, Book, Chain, NewTransfer, Refusal, Step, TransferKind};
use crate::mail::{self, Letter};
use crate::payments::{Parties, PayError, group_event};
use crate::sql::statement;

/// Intents of one transaction.
const INTENTS_OF_BATCH: u64 = 100;
/// The source's code of an agent that cannot pay.
const INSOLVENT: &str = "0x102";
/// The vendor would have more than there can be.
const OVERFLOW: &str = "amount-overflow";
/// A notice that is older helps nobody.
const NOTICE_GOOD_FOR: Duration = Duration::from_hours(7 * 24);

/// What became of some intents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Posting {
    pub settled: usize,
    pub failed: usize,
    /// Whether there were any that had not ended, so that there may be more.
    pub had_pending: bool,
}

/// How one intent ended.
struct Ended {
    intent: Intent,
    failure: Option<&'static str>,
}

impl Intents<'_> {
    /// Debit the agents of a batch, some at a time. Answers what was done; repeat it as long as there were any. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn post(&self, batch_id: IntentBatchId) -> Result<Posting, PayError> {
        let txn = self.domain.db.write().await?;
        let pending = payment_intent::Entity::find().filter(payment_intent::Column::BatchId.eq(batch_id));
        let pending = pending.filter(payment_intent::Column::State.eq(State::Pending)).order_by_asc(payment_intent::Column::Id);
        let pending: Vec<Intent> = pending.limit(INTENTS_OF_BATCH).all(&*txn).await?;
        if pending.is_empty() {
            return Ok(Posting::default());
        }
        let chains: Vec<Chain> = pending.iter().flat_map(|intent| [kept(intent), broken(intent)]).collect();
        let mut book = Book::open(self.domain, &txn, &chains, &[]).await?;
        // Another worker may have ended some of them while this one waited for the accounts.
        let live = still_pending(&txn, batch_id).await?;
        let mut ended = Vec::new();
        for intent in pending.into_iter().filter(|intent| live.contains(&intent.id)) {
            let failure = match book.run(&kept(&intent), || self.domain.queue.ids().next()) {
                Ok(_) => None,
                Err(Refusal::InsufficientFunds { account, .. }) if account == agent(&intent).id() => Some(INSOLVENT),
                Err(Refusal::Overflow { .. }) => Some(OVERFLOW),
                // Nobody's fault but ours: it is tried again, and nobody is suspended for it.
                Err(refusal) => return Err(PayError::Refused(refusal)),
            };
            if failure.is_some() {
                book.run(&broken(&intent), || self.domain.queue.ids().next()).map_err(PayError::Refused)?;
            }
            ended.push(Ended { intent, failure });
        }
        let now = book.now();
        book.close(&txn).await?;
        write(&txn, &ended, now.micros()).await?;
        let wake = self.tell(&txn, &ended).await?;
        txn.commit().await?;
        if let Some(wake) = wake {
            wake.send();
        }
        self.domain.changed();
        let failed = ended.iter().filter(|end| end.failure.is_some()).count();
        Ok(Posting { settled: ended.len() - failed, failed, had_pending: true })
    }

    /// Suspend who did not pay, and tell everybody whom it concerns.
    async fn tell(&self, txn: &Txn, ended: &[Ended]) -> Result<Option<Wake>, PayError> {
        let involved = ended.iter().flat_map(|end| [end.intent.agent_id, end.intent.vendor_id]);
        let parties = Parties::read(txn, involved).await?;
        let user_of = |profile: ProfileId| parties.known.get(&profile).map(|party| party.user_id);
        let paid: Vec<TransferId> = ended.iter().filter(|end| end.failure.is_none()).map(|end| id_of(&end.intent, "pay")).collect();
        let mut said: Vec<event::Model> = Vec::new();
        if !paid.is_empty() {
            said.push(group_event(self.domain, &paid));
        }
        let broke: HashSet<ProfileId> = ended.iter().filter(|end| end.failure == Some(INSOLVENT)).map(|end| end.intent.agent_id).collect();
        suspend(txn, &broke).await?;
        let names = names(txn, ended).await?;
        let mut letters: BTreeMap<ProfileId, Vec<String>> = BTreeMap::new();
        for end in ended {
            let Some(code) = end.failure else { continue };
            let intent = &end.intent;
            let name = names.get(&intent.agent_id).map_or("unknown", String::as_str);
            let sentence = format!("Settlement Failed for Agent {name}. Your pending balance has been adjusted.");
            let data = json!({
                "state": "failed", "intent_id": intent.id, "agent_id": intent.agent_id, "amount": intent.amount, "mint": intent.mint,
                "code": code, "message": sentence,
            });
            said.extend(user_of(intent.vendor_id).map(|user_id| self.event(format!("user:{user_id}"), "settlementFailed", data)));
            letters.entry(intent.vendor_id).or_default().push(sentence);
        }
        for agent in &broke {
            let data = json!({ "state": "suspended", "profile_id": agent, "because": INSOLVENT });
            said.extend(user_of(*agent).map(|user_id| self.event(format!("user:{user_id}"), "agentSuspended", data)));
        }
        if !said.is_empty() {
            let rows = said.into_iter().map(sea_orm::IntoActiveModel::into_active_model);
            event::Entity::insert_many(rows).exec_without_returning(&**txn).await?;
        }
        let mut wakes = None;
        for (vendor, mut sentences) in letters {
            sentences.dedup();
            let Some(user_id) = user_of(vendor) else { continue };
            let wants = |user: &user::Model| user.mail_preferences.unwrap_or_default().payments;
            let to = user::Entity::find_by_id(user_id).one(&**txn).await?.filter(wants).and_then(|user| user.email);
            let Some(to) = to.and_then(|email| email.parse::<EmailAddress>().ok()) else { continue };
            let letter = Letter::new("settlement_failed", "Settlement failed", &sentences.join("\n"));
            let (_, wake) = mail::enqueue(self.domain, txn, &to, letter, Some(NOTICE_GOOD_FOR)).await?;
            wakes = Some(match wakes {
                None => wake,
                Some(earlier) => wake.and(earlier),
            });
        }
        Ok(wakes)
    }

    fn event(self, topic: String, event: &str, data: Value) -> event::Model {
        event::Model { id: self.domain.queue.ids().next(), topic, seq: None, event: event.into(), data, created_at: self.domain.now() }
    }
}

fn agent(intent: &Intent) -> Account {
    Account::of(AccountKind::Agent, intent.agent_id, intent.mint)
}

/// The agent pays, and the promise is fulfilled.
fn kept(intent: &Intent) -> Chain {
    let earned = Account::of(AccountKind::VendorUnsettled, intent.vendor_id, intent.mint);
    let pay =
        NewTransfer::new(id_of(intent, "pay"), agent(intent), earned, intent.amount, TransferKind::Pay).reference(intent.nonce.clone());
    Chain::linked(vec![Step::Create(pay), Step::Create(undone(intent, "kept", TransferKind::PromiseKept))])
}

/// The promise is taken back.
fn broken(intent: &Intent) -> Chain {
    Chain::one(Step::Create(undone(intent, "broken", TransferKind::PromiseBroken)))
}

fn undone(intent: &Intent, word: &str, kind: TransferKind) -> NewTransfer {
    let from = Account::of(AccountKind::VendorPromised, intent.vendor_id, intent.mint);
    let to = Account::of(AccountKind::Promises, intent.vendor_id, intent.mint);
    NewTransfer::new(id_of(intent, word), from, to, intent.amount, kind).reference(intent.nonce.clone())
}

/// The same for every try, so that none pays twice.
fn id_of(intent: &Intent, word: &str) -> TransferId {
    let digest = Sha256::new().chain_update(b"intent 1").chain_update(Uuid::from(intent.id).as_bytes()).chain_update(word).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().into()
}

async fn still_pending(txn: &Txn, batch_id: IntentBatchId) -> Result<HashSet<IntentId>, DbErr> {
    let live = payment_intent::Entity::find().select_only().column(payment_intent::Column::Id);
    let live = live.filter(payment_intent::Column::BatchId.eq(batch_id)).filter(payment_intent::Column::State.eq(State::Pending));
    Ok(live.into_tuple::<IntentId>().all(&**txn).await?.into_iter().collect())
}

async fn write(txn: &Txn, ended: &[Ended], at: i64) -> Result<(), DbErr> {
    let row = |end: &Ended| {
        let state = if end.failure.is_some() { State::Failed } else { State::Settled };
        json!({ "id": Uuid::from(end.intent.id).as_simple().to_string(), "state": state.name(), "failure": end.failure, "at": at })
    };
    let ended: Vec<Value> = ended.iter().map(row).collect();
    if ended.is_empty() {
        return Ok(());
    }
    let columns = [("id", Col::Uuid), ("state", Col::Text), ("failure", Col::Text), ("at", Col::Big)];
    let sql = format!(
        "UPDATE payment_intents SET state = r.state, failure = r.failure, finished_at = r.at FROM {} WHERE payment_intents.id = r.id",
        rows(txn.engine(), &columns)
    );
    txn.execute_raw(statement(txn.engine(), sql, [Value::from(ended).into()])).await.map(drop)
}

async fn suspend(txn: &Txn, agents: &HashSet<ProfileId>) -> Result<(), DbErr> {
    if agents.is_empty() {
        return Ok(());
    }
    let suspended = profile::Entity::update_many().col_expr(profile::Column::State, Expr::value(profile::State::Suspended));
    suspended.filter(profile::Column::Id.is_in(agents.iter().copied())).exec(&**txn).await.map(drop)
}

/// What those are called who did not pay.
async fn names(txn: &Txn, ended: &[Ended]) -> Result<HashMap<ProfileId, String>, DbErr> {
    let failed: HashSet<ProfileId> = ended.iter().filter(|end| end.failure.is_some()).map(|end| end.intent.agent_id).collect();
    if failed.is_empty() {
        return Ok(HashMap::new());
    }
    let them = profile::Entity::find().select_only().columns([profile::Column::Id, profile::Column::Name]);
    Ok(them.filter(profile::Column::Id.is_in(failed)).into_tuple::<(ProfileId, String)>().all(&**txn).await?.into_iter().collect())
}
