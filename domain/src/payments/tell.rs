//! Telling of payments, after their commit. A group leaves one row behind; here it becomes an event for whoever paid and whoever was paid, and some of them, without
//! names, go to the ticker. So telling costs the payments nothing, and none is forgotten: the row goes in the transaction in which the events come.

use entities::id::{EventId, UserId};
use entities::{Timestamp, event};
use platform::Txn;
use sea_orm::{ConnectionTrait as _, DbErr, EntityTrait as _};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::context::Domain;
use crate::sql::statement;

/// Where a group of payments waits to be told. Nobody listens there.
pub(crate) const GROUP_TOPIC: &str = "payments";
const GROUP_EVENT: &str = "paymentsMade";

const TICKER: &str = "ticker";
/// Groups that are told at once.
const GROUPS_MAX: u32 = 8;
/// Payments of a group that the ticker shows.
const SHOWN_MAX: usize = 5;
/// Both databases take a bounded number of values in one statement: SQLite 32,766.
const ROWS_OF_INSERT_MAX: usize = 1_000;

/// What a group leaves behind: one object for each payment, as `Told` reads it.
pub(crate) fn group_event(domain: &Domain, payments: &[Value]) -> event::Model {
    event::Model {
        id: domain.queue.ids().next(),
        topic: GROUP_TOPIC.into(),
        seq: None,
        event: GROUP_EVENT.into(),
        data: json!({ "payments": payments }),
        created_at: domain.now(),
    }
}

#[derive(Deserialize)]
struct Group {
    payments: Vec<Told>,
}

#[derive(Deserialize)]
struct Told {
    id: Value,
    payer: Option<UserId>,
    vendor: Option<UserId>,
    from: Value,
    to: Value,
    amount: Value,
    mint: Value,
    reference: Option<String>,
}

/// Turn some groups into events without places. Answers how many.
pub(crate) async fn tell(domain: &Domain, txn: &Txn) -> Result<usize, DbErr> {
    let engine = txn.engine();
    let sql = format!(
        "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE seq IS NULL AND topic = $1 ORDER BY created_at, id LIMIT {GROUPS_MAX})
         RETURNING data, created_at"
    );
    let mut rows = Vec::new();
    for group in txn.query_all_raw(statement(engine, sql, [GROUP_TOPIC.into()])).await? {
        let (data, at): (Value, Timestamp) = (group.try_get_by_index(0)?, group.try_get_by_index(1)?);
        let Ok(group) = Group::deserialize(data) else { continue };
        for (number, told) in group.payments.iter().enumerate() {
            rows.extend(told.events(|| domain.queue.ids().next(), at, number < SHOWN_MAX));
        }
    }
    for some in rows.chunks(ROWS_OF_INSERT_MAX) {
        let some = some.iter().cloned().map(sea_orm::IntoActiveModel::into_active_model);
        event::Entity::insert_many(some).exec_without_returning(&**txn).await?;
    }
    Ok(rows.len())
}

impl Told {
    fn events(&self, mut id: impl FnMut() -> EventId, created_at: Timestamp, is_shown: bool) -> Vec<event::Model> {
        let data = |state: &str| {
            let mut data = json!({
                "state": state, "id": self.id, "from": self.from, "to": self.to, "amount": self.amount, "mint": self.mint,
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
        if let Some(payer) = self.payer {
            say(format!("user:{payer}"), "paymentSent", data("sent"));
        }
        if let Some(vendor) = self.vendor {
            say(format!("user:{vendor}"), "paymentReceived", data("received"));
        }
        if is_shown {
            say(TICKER.into(), "payment", json!({ "amount": self.amount, "mint": self.mint }));
        }
        events
    }
}
