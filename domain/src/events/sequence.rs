//! Giving the events of each topic their order, after their commit.

use std::collections::BTreeMap;
use std::time::Duration;

use entities::{event, event_topic};
use platform::{Engine, Txn};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait as _, DbErr, EntityTrait as _, IntoActiveModel as _};
use tokio_util::sync::CancellationToken;

use crate::context::Domain;
use crate::payments;
use crate::sql::statement;
use crate::webhooks::{self, WebhookError};

/// The lease: two sequencers would give one place twice, so PostgreSQL lets one at a time through this lock, and frees it when its holder
/// dies. SQLite has one writer anyway.
const LOCK: i64 = 0x7461_6c6c_795f_6576;
/// How often new events are looked for. As long as there are any, there is no pause.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const ROWS_OF_BATCH: u32 = 500;

/// Events that could not be given their places.
#[derive(Debug, thiserror::Error)]
pub enum SequenceError {
    #[error("the database did not give events their places")]
    Database(#[from] DbErr),
    #[error("events could not be sent on their way to webhooks")]
    FanOut(#[source] WebhookError),
}

/// Number new events until `stop` fires. Any number of processes may do so; one at a time does.
pub async fn keep_in_order(domain: Domain, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match sequence(&domain, ROWS_OF_BATCH).await {
            Ok(numbered) if numbered >= ROWS_OF_BATCH.into() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "events could not be numbered; trying again"),
        }
        let _ = stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await;
    }
}

/// Number up to `rows_max` new events. Answers how many were numbered here: fewer than `rows_max` means that all are, or that somebody else
/// is at it.
///
/// # Errors
/// When the database refuses; nothing is numbered then.
pub async fn sequence(domain: &Domain, rows_max: u32) -> Result<u64, SequenceError> {
    let engine = domain.db.engine();
    // Most looks find nothing, and reading keeps no writer waiting.
    if domain.db.query_one_raw(statement(engine, "SELECT 1 FROM events WHERE seq IS NULL LIMIT 1", [])).await?.is_none() {
        return Ok(0);
    }
    let txn = domain.db.write().await?;
    if engine == Engine::Postgres {
        let taken = txn.query_one_raw(statement(engine, "SELECT pg_try_advisory_xact_lock($1) AS ours", [LOCK.into()])).await?;
        if !taken.map_or(Ok(false), |row| row.try_get::<bool>("", "ours"))? {
            return Ok(0);
        }
    }
    let told = payments::tell(domain, &txn).await?;
    let sql = format!(
        "WITH fresh AS (
             SELECT id AS event_id, topic AS of_topic, row_number() OVER (PARTITION BY topic ORDER BY id) AS place
             FROM (SELECT id, topic FROM events WHERE seq IS NULL AND topic <> '{}' ORDER BY created_at, id LIMIT {rows_max}) AS oldest)
         UPDATE events SET seq = fresh.place + coalesce((SELECT event_topics.seq FROM event_topics WHERE event_topics.topic = fresh.of_topic), 0)
         FROM fresh WHERE events.id = fresh.event_id
         RETURNING id, topic, seq, event, data, created_at",
        payments::GROUP_TOPIC
    );
    let placed = event::Entity::find().from_raw_sql(statement(engine, sql, [])).all(&*txn).await?;
    if placed.is_empty() && told == 0 {
        return Ok(0);
    }
    if !placed.is_empty() {
        keep_topics(domain, &txn, &placed).await?;
    }
    let wake = webhooks::fan_out(domain, &txn, &placed).await.map_err(SequenceError::FanOut)?;
    txn.commit().await?;
    if let Some(wake) = wake {
        wake.send();
    }
    Ok(placed.len() as u64)
}

/// Write down how far the topics are: their events will be forgotten, their places go on.
async fn keep_topics(domain: &Domain, txn: &Txn, placed: &[event::Model]) -> Result<(), DbErr> {
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    for event in placed {
        let seq = last.entry(&event.topic).or_default();
        *seq = event.seq.unwrap_or(0).max(*seq);
    }
    let used_at = domain.now();
    let rows = last.into_iter().map(|(topic, seq)| event_topic::Model { topic: topic.to_owned(), seq, used_at }.into_active_model());
    let newest =
        OnConflict::column(event_topic::Column::Topic).update_columns([event_topic::Column::Seq, event_topic::Column::UsedAt]).to_owned();
    event_topic::Entity::insert_many(rows).on_conflict(newest).exec_without_returning(&**txn).await?;
    Ok(())
}
