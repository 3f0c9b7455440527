//! A group of payments in one transaction: lock, read, decide in memory, write. The number of statements does not depend on the number of payments.

use std::time::Instant;

use entities::id::{ProfileId, TransferId, UserId};
use entities::profile::Kind;
use entities::{Address, event};
use jobs::store::sql::{Col, rows};
use platform::Txn;
use sea_orm::{ConnectionTrait as _, DbErr, EntityTrait as _};
use serde_json::{Value, json};
use uuid::Uuid;

use super::parties::Parties;
use super::spending::{Spending, day_of};
use super::tell::group_event;
use super::{PayError, PayRequest, Payment};
use crate::context::Domain;
use crate::idempotency::Once;
use crate::ledger::{Account, AccountKind, Book, Chain, LedgerError, NewTransfer, Step, TransferKind};
use crate::sql::statement;

/// A payment that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub payer: ProfileId,
    pub mint: Address,
    pub request: PayRequest,
    pub arrived: Instant,
}

/// How a group is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// As if none of its payments had been made before, and without locking the vendors' accounts before they are written. When that was wrong, it shows at the end.
    Fast,
    /// Everything is locked and looked up first.
    Sure,
}

/// What is known of a group while it is decided.
struct Group<'a> {
    domain: &'a Domain,
    book: Book,
    parties: Parties,
    today: i64,
    /// What is told of later; see [`tell`](super::tell).
    made: Vec<TransferId>,
    alerts: Vec<event::Model>,
}

/// Decide and write the payments, in their order. Each has an answer of its own.
pub(super) async fn run(
    domain: &Domain,
    txn: &Txn,
    asked: &[Asked],
    way: Way,
) -> Result<Vec<Result<Once<Payment>, PayError>>, LedgerError> {
    let transfers: Vec<NewTransfer> = asked.iter().map(Asked::transfer).collect();
    let book = match way {
        Way::Fast => Book::fast(domain, txn, &transfers).await?,
        Way::Sure => {
            let chains: Vec<Chain> = transfers.iter().map(|new| Chain::one(Step::Create(new.clone()))).collect();
            Book::open(domain, txn, &chains, &[]).await?
        }
    };
    let parties = Parties::read(txn, asked.iter().flat_map(|asked| [asked.payer, asked.request.to])).await?;
    let today = day_of(book.now());
    let mut group = Group { domain, book, parties, today, made: Vec::new(), alerts: Vec::new() };
    let pairs = || asked.iter().zip(&transfers);
    let mut answers: Vec<_> = pairs().map(|(asked, new)| group.decide(asked, new.clone())).collect();
    if way == Way::Fast {
        // What is refused may have been made before, and then it is answered as it was.
        let refused = pairs().zip(&answers).filter(|(_, answer)| answer.is_err()).map(|((_, new), _)| new.id);
        if group.book.look_up(txn, &refused.collect::<Vec<_>>()).await? {
            for ((asked, new), answer) in pairs().zip(&mut answers).filter(|(_, answer)| answer.is_err()) {
                if group.book.transfer(new.id).is_some() {
                    *answer = group.decide(asked, new.clone());
                }
            }
        }
    }
    let Group { book, parties, made, mut alerts, .. } = group;
    book.close(txn).await?;
    keep_spending(txn, &parties).await?;
    if !made.is_empty() {
        alerts.push(group_event(domain, &made));
        let rows = alerts.into_iter().map(sea_orm::IntoActiveModel::into_active_model);
        event::Entity::insert_many(rows).exec_without_returning(&**txn).await?;
    }
    Ok(answers)
}

impl Asked {
    fn accounts(&self) -> [Account; 2] {
        let earned = Account::of(AccountKind::VendorUnsettled, self.request.to, self.mint);
        [Account::of(AccountKind::Agent, self.payer, self.mint), earned]
    }

    fn transfer(&self) -> NewTransfer {
        let [from, to] = self.accounts();
        let new = NewTransfer::new(self.request.id, from, to, self.request.amount, TransferKind::Pay);
        NewTransfer { reference: self.request.reference.clone(), ..new }
    }
}

impl Group<'_> {
    fn decide(&mut self, asked: &Asked, mut new: NewTransfer) -> Result<Once<Payment>, PayError> {
        if !self.book.is_replay(&new) {
            self.allow(asked)?;
        }
        new.latency = Some(asked.arrived.elapsed());
        let payer = new.debit.id();
        let before = self.book.figures(payer).available();
        let done = self.book.run(&Chain::one(Step::Create(new)), || self.domain.queue.ids().next()).map_err(PayError::Refused)?;
        let [posted] = done.as_slice() else { return Err(LedgerError::Raced.into()) };
        let payment = Payment::of(asked, posted.transfer());
        if posted.is_replay() {
            return Ok(Once::Again(payment));
        }
        let after = self.book.figures(payer).available();
        self.note(asked, &payment, [before, after]);
        Ok(Once::First(payment))
    }

    /// Whether the payer may, and the vendor is one.
    fn allow(&self, asked: &Asked) -> Result<(), PayError> {
        let vendor = self.parties.known.get(&asked.request.to).filter(|party| party.kind == Kind::Vendor);
        if vendor.is_none() {
            return Err(PayError::field("/to", "there is no vendor with this profile"));
        }
        self.parties.allow(asked.payer, asked.mint, (asked.request.to, asked.request.amount), self.today)
    }

    /// Count it, and write down what is to be told.
    fn note(&mut self, asked: &Asked, payment: &Payment, [before, after]: [i64; 2]) {
        self.made.push(payment.id);
        let payer = self.parties.known.get(&asked.payer).map(|party| party.user_id);
        let Some(limits) = self.parties.spending.get_mut(&(asked.payer, asked.mint)) else { return };
        limits.count(payment.amount, self.today);
        if let (Some(low), Some(user_id)) = (limits.has_run_low(before, after), payer) {
            self.alerts.push(alert(self.domain, user_id, asked, [low.atomic(), after]));
        }
    }
}

fn alert(domain: &Domain, user_id: UserId, asked: &Asked, [low, available]: [i64; 2]) -> event::Model {
    event::Model {
        id: domain.queue.ids().next(),
        topic: format!("user:{user_id}"),
        seq: None,
        event: "balanceAlert".into(),
        data: json!({
            "state": "low", "profile_id": asked.payer, "mint": asked.mint, "available": available.to_string(), "low_balance": low.to_string(),
        }),
        created_at: domain.now(),
    }
}

/// Write down what was spent of daily limits.
pub(crate) async fn keep_spending(txn: &Txn, parties: &Parties) -> Result<(), DbErr> {
    let row = |((profile_id, mint), spending): (&(ProfileId, Address), &Spending)| {
        let profile_id = Uuid::from(*profile_id).as_simple().to_string();
        json!({ "profile_id": profile_id, "mint": mint, "day": spending.day, "spent": spending.spent.atomic() })
    };
    let counted: Vec<Value> = parties.spending.iter().filter(|(_, spending)| spending.is_changed).map(row).collect();
    if counted.is_empty() {
        return Ok(());
    }
    let engine = txn.engine();
    let columns = [("profile_id", Col::Uuid), ("mint", Col::Text), ("day", Col::Big), ("spent", Col::Big)];
    let sql = format!(
        "UPDATE spending_limits SET day = r.day, spent = r.spent FROM {}
         WHERE spending_limits.profile_id = r.profile_id AND spending_limits.mint = r.mint",
        rows(engine, &columns)
    );
    txn.execute_raw(statement(engine, sql, [Value::from(counted).into()])).await.map(drop)
}
