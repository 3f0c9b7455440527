//! Telling of payments, after their commit. A group leaves one row behind; here it becomes an event for whoever paid and whoever was paid, and some of them, without
//! names, go to the ticker. So telling costs the payments nothing, and none is forgotten: the row goes in the transaction in which the events come.

use std::collections::HashMap;

use entities::id::{EventId, ProfileId, TransferId, UserId};
use entities::{Address, Amount, Timestamp, event};
use platform::Txn;
use sea_orm::{ConnectionTrait as _, DbErr, EntityTrait as _, FromQueryResult, QueryResult};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::context::Domain;
use crate::sql::{any_of_ids, ids, statement};

/// Where a group of payments waits to be told. Nobody listens there.
pub(crate) const GROUP_TOPIC: &str = "payments";
const GROUP_EVENT: &str = "paymentsMade";

const TICKER: &str = "ticker";
/// Groups that are looked for at once.
const GROUPS_OF_LOOK: usize = 8;
/// When so many payments are told, the rest waits for the next time.
const PAYMENTS_MAX: usize = 500;
/// Payments of a group that the ticker shows.
const SHOWN_MAX: usize = 5;
/// Both databases take a bounded number of values in one statement: SQLite 32,766.
const ROWS_OF_INSERT_MAX: usize = 1_000;

/// What a group leaves behind.
#[derive(Serialize, Deserialize)]
struct Group {
    transfers: Vec<TransferId>,
}

/// A payment as its transfer, its accounts and its profiles tell it.
#[derive(FromQueryResult)]
struct Told {
    id: TransferId,
    amount: Amount,
    reference: Option<String>,
    mint: Address,
    payer: ProfileId,
    payer_user: UserId,
    vendor: ProfileId,
    vendor_user: UserId,
}

/// Payments that were made in this transaction, to be told later.
pub(crate) fn group_event(domain: &Domain, transfers: &[TransferId]) -> event::Model {
    event::Model {
        id: domain.queue.ids().next(),
        topic: GROUP_TOPIC.into(),
        seq: None,
        event: GROUP_EVENT.into(),
        data: json!(Group { transfers: transfers.to_vec() }),
        created_at: domain.now(),
    }
}

/// Turn groups into events without places, as long as there are some, up to a bound. Answers how many groups.
pub(crate) async fn tell(domain: &Domain, txn: &Txn) -> Result<u64, DbErr> {
    let (mut rows, mut told, mut count) = (Vec::new(), 0, 0);
    loop {
        let groups = groups(txn).await?;
        count += groups.len() as u64;
        for (transfers, at) in &groups {
            told += transfers.len();
            for (number, payment) in payments(txn, transfers).await?.iter().enumerate() {
                rows.extend(payment.events(|| domain.queue.ids().next(), *at, number < SHOWN_MAX));
            }
        }
        if groups.len() < GROUPS_OF_LOOK || told >= PAYMENTS_MAX {
            break;
        }
    }
    for some in rows.chunks(ROWS_OF_INSERT_MAX) {
        let some = some.iter().cloned().map(sea_orm::IntoActiveModel::into_active_model);
        event::Entity::insert_many(some).exec_without_returning(&**txn).await?;
    }
    Ok(count)
}

/// Take the oldest groups away.
async fn groups(txn: &Txn) -> Result<Vec<(Vec<TransferId>, Timestamp)>, DbErr> {
    let sql = format!(
        "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE seq IS NULL AND topic = $1 ORDER BY created_at, id LIMIT {GROUPS_OF_LOOK})
         RETURNING data, created_at, id"
    );
    let rows = txn.query_all_raw(statement(txn.engine(), sql, [GROUP_TOPIC.into()])).await?;
    let read = |row: &QueryResult| {
        let data: Value = row.try_get_by_index(0)?;
        let transfers = Group::deserialize(data).map_or_else(
            |error| {
                tracing::error!(error = &error as &dyn std::error::Error, "a group of payments cannot be read, and nobody is told of it");
                Vec::new()
            },
            |group| group.transfers,
        );
        Ok((row.try_get_by_index::<Timestamp>(1)?, row.try_get_by_index::<EventId>(2)?, transfers))
    };
    let mut groups = rows.iter().map(read).collect::<Result<Vec<_>, DbErr>>()?;
    groups.sort_unstable_by_key(|(at, id, _)| (*at, *id));
    Ok(groups.into_iter().map(|(at, _, transfers)| (transfers, at)).collect())
}

/// The payments of a group, in the order in which they were made.
async fn payments(txn: &Txn, transfers: &[TransferId]) -> Result<Vec<Told>, DbErr> {
    let engine = txn.engine();
    let sql = format!(
        "SELECT t.id, t.amount, t.reference, d.mint, payer.id AS payer, payer.user_id AS payer_user, vendor.id AS vendor, vendor.user_id AS vendor_user
         FROM ledger_transfers t
         JOIN ledger_accounts d ON d.id = t.debit_account_id JOIN profiles payer ON payer.id = d.owner_id
         JOIN ledger_accounts c ON c.id = t.credit_account_id JOIN profiles vendor ON vendor.id = c.owner_id
         WHERE t.id {}",
        any_of_ids(engine)
    );
    let mut told = Told::find_by_statement(statement(engine, sql, [ids(engine, transfers.iter().copied())])).all(&**txn).await?;
    let places: HashMap<TransferId, usize> = transfers.iter().copied().zip(0..).collect();
    told.sort_by_key(|told| places.get(&told.id).copied());
    Ok(told)
}

impl Told {
    fn events(&self, mut id: impl FnMut() -> EventId, created_at: Timestamp, is_shown: bool) -> Vec<event::Model> {
        let data = |state: &str| {
            let mut data = json!({
                "state": state, "id": self.id, "from": self.payer, "to": self.vendor, "amount": self.amount, "mint": self.mint,
            });
            if let Some(reference) = &self.reference {
                data["reference"] = json!(reference);
            }
            data
        };
        let mut events = Vec::new();
        let mut say = |topic: String, event: &str, data: Value| {
            events.push(event::Model { id: id(), topic, seq: None, event: event.into(), data, created_at });
        };
        say(format!("user:{}", self.payer_user), "paymentSent", data("sent"));
        say(format!("user:{}", self.vendor_user), "paymentReceived", data("received"));
        if is_shown {
            say(TICKER.into(), "payment", json!({ "amount": self.amount, "mint": self.mint }));
        }
        events
    }
}
