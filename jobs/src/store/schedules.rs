//! The crontab's rows: what there is, what has fired, and firing itself, which is a row and a job in one transaction.

use std::time::Duration;

use entities::schedule::{Column, Entity};
use entities::{id::JobId, schedule_fire};
use platform::{Db, Txn};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use serde_json::Value;

use super::sql::statement;
use crate::enqueue::{EnqueueError, NewJob, Queue, commit};
use crate::kinds::JobKind;
use crate::policy::Pool;

pub use entities::Timestamp;
pub use entities::schedule::{CatchUp, Model};
pub use entities::schedule_fire::Reason;

/// An entry of the crontab as the program knows it.
#[derive(Debug, Clone)]
pub struct Entry {
    pub name: &'static str,
    pub kind: JobKind,
    pub payload: Value,
    pub cron: &'static str,
    pub timezone: &'static str,
    pub catch_up: CatchUp,
}

/// A schedule could not fire.
#[derive(Debug, thiserror::Error)]
pub enum FireError {
    #[error("there is no schedule named `{name}`")]
    Missing { name: String },
    #[error("schedule `{name}` names the kind `{kind}`, which this program does not know")]
    UnknownKind { name: String, kind: String },
    #[error(transparent)]
    Enqueue(#[from] EnqueueError),
    #[error("the database refused")]
    Database(#[from] DbErr),
}

/// Make the rows say what the program says; whether an entry is paused and what it has fired stays.
///
/// # Errors
/// When the database refuses.
pub async fn seed(db: &Db, entries: &[Entry]) -> Result<(), DbErr> {
    let txn = db.write().await?;
    let now = db.engine().now_sql();
    let sql = format!(
        "INSERT INTO schedules (name, kind, payload, cron, timezone, catch_up, considered_until, updated_at) VALUES ($1, $2, $3, $4, $5, $6, {now}, {now})
         ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, payload = excluded.payload, cron = excluded.cron, timezone = excluded.timezone,
             catch_up = excluded.catch_up, updated_at = excluded.updated_at"
    );
    for entry in entries {
        let values = [
            entry.name.into(),
            entry.kind.name().into(),
            entry.payload.clone().into(),
            entry.cron.into(),
            entry.timezone.into(),
            entry.catch_up.name().into(),
        ];
        txn.execute_raw(statement(db.engine(), sql.as_str(), values)).await?;
    }
    txn.commit().await
}

/// The entries that are not paused, and the database's time.
///
/// # Errors
/// When the database refuses.
pub async fn active(db: &Db) -> Result<(Vec<Model>, Timestamp), DbErr> {
    let schedules = Entity::find().filter(Column::Paused.eq(false)).order_by_asc(Column::Name).all(db.connection()).await?;
    Ok((schedules, super::server::now(db).await?))
}

/// Fire the ticks, each once over all schedulers, and remember that everything up to `until` has been looked at.
/// Answers how many fired here.
///
/// # Errors
/// When the entry's kind is unknown or the database refuses; nothing has fired then.
pub async fn fire(db: &Db, queue: &Queue, schedule: &Model, ticks: &[(Timestamp, Reason)], until: Timestamp) -> Result<usize, FireError> {
    let txn = db.write().await?;
    let mut fired = Vec::new();
    for (tick, reason) in ticks {
        if let Some(job) = fire_one(&txn, queue, schedule, *tick, *reason).await? {
            fired.push(job);
        }
    }
    let sql = "UPDATE schedules SET considered_until = $2 WHERE name = $1 AND considered_until < $2";
    txn.execute_raw(statement(db.engine(), sql, [schedule.name.as_str().into(), until.into()])).await?;
    let count = fired.len();
    let wake = fired.into_iter().reduce(crate::Wake::and);
    match wake {
        Some(wake) => commit(txn, wake).await?,
        None => txn.commit().await?,
    }
    Ok(count)
}

async fn fire_one(txn: &Txn, queue: &Queue, schedule: &Model, tick: Timestamp, reason: Reason) -> Result<Option<crate::Wake>, FireError> {
    let taken = "SELECT 1 FROM schedule_fires WHERE name = $1 AND fire_at = $2";
    if txn.query_one_raw(statement(txn.engine(), taken, [schedule.name.as_str().into(), tick.into()])).await?.is_some() {
        return Ok(None);
    }
    // The row first: whoever inserts it owns the tick. On PostgreSQL a rival waits here for our commit and then finds the conflict.
    let claim = format!(
        "INSERT INTO schedule_fires (name, fire_at, reason, job_id, created_at) VALUES ($1, $2, $3, $4, {}) ON CONFLICT (name, fire_at) DO NOTHING",
        txn.engine().now_sql()
    );
    let nobody: JobId = queue.ids().next();
    let values = [schedule.name.as_str().into(), tick.into(), reason.name().into(), nobody.into()];
    if txn.execute_raw(statement(txn.engine(), claim, values)).await?.rows_affected() == 0 {
        return Ok(None);
    }
    let kind = JobKind::named(&schedule.kind)
        .ok_or_else(|| FireError::UnknownKind { name: schedule.name.clone(), kind: schedule.kind.clone() })?;
    let job = NewJob::scheduled(kind, schedule.payload.clone(), &schedule.name);
    let (enqueued, wake) = queue.enqueue_all(txn, vec![job]).await?;
    let name_it = "UPDATE schedule_fires SET job_id = $3 WHERE name = $1 AND fire_at = $2";
    let job_id = enqueued.first().map_or(nobody, |job| job.id);
    txn.execute_raw(statement(txn.engine(), name_it, [schedule.name.as_str().into(), tick.into(), job_id.into()])).await?;
    Ok(Some(wake))
}

/// Fire an entry now, whatever its cron says.
///
/// # Errors
/// When there is no such entry or the database refuses.
pub async fn run_now(txn: &Txn, queue: &Queue, name: &str) -> Result<crate::Wake, FireError> {
    let missing = || FireError::Missing { name: name.to_owned() };
    let schedule = Entity::find_by_id(name).one(&**txn).await?.ok_or_else(missing)?;
    let now = txn.query_one_raw(statement(txn.engine(), format!("SELECT {} AS now", txn.engine().now_sql()), [])).await?;
    let now: Timestamp = now.ok_or_else(missing)?.try_get("", "now")?;
    // A second request in the same microsecond is the same request.
    let fired = fire_one(txn, queue, &schedule, now, Reason::RunNow).await?;
    Ok(fired.unwrap_or_else(|| crate::Wake::new(queue.bus().clone(), [])))
}

/// Stop or go on firing an entry. Ticks that pass while it is paused are skipped. Answers whether there is such an entry.
///
/// # Errors
/// When the database refuses.
pub async fn set_paused(txn: &Txn, name: &str, paused: bool) -> Result<bool, DbErr> {
    let now = txn.engine().now_sql();
    let sql = format!(
        "UPDATE schedules SET considered_until = CASE WHEN paused AND NOT $2 THEN {now} ELSE considered_until END, paused = $2, updated_at = {now} WHERE name = $1"
    );
    let done = txn.execute_raw(statement(txn.engine(), sql, [name.into(), paused.into()])).await?;
    Ok(done.rows_affected() > 0)
}

/// The latest fires of an entry, newest first.
///
/// # Errors
/// When the database refuses.
pub async fn history(db: &Db, name: &str, before: Option<Timestamp>, limit: u64) -> Result<Vec<schedule_fire::Model>, DbErr> {
    schedule_fire::Entity::find()
        .filter(schedule_fire::Column::Name.eq(name))
        .filter(Condition::all().add_option(before.map(|before| schedule_fire::Column::FireAt.lt(before))))
        .order_by_desc(schedule_fire::Column::FireAt)
        .limit(limit)
        .all(db.connection())
        .await
}

impl NewJob {
    /// A job of a crontab entry, as its kind wants it. A payload that is none of its kind becomes a job all the same, which fails and says so.
    fn scheduled(kind: JobKind, payload: Value, schedule: &str) -> Self {
        let policy = kind.policy();
        let job = kind.job(&payload).unwrap_or_else(|_| Self {
            kind: kind.name().into(),
            pool: policy.pool.name().into(),
            payload,
            priority: policy.priority,
            delay: Duration::ZERO,
            failures_max: policy.failures_max,
            deaths_max: policy.deaths_max,
            unique: None,
            concurrency: None,
            resource: None,
            trace_id: None,
            created_by: None,
        });
        job.created_by(format!("schedule:{schedule}"))
    }
}

/// The pool that a schedule's jobs go to, for display.
#[must_use]
pub fn pool_of(schedule: &Model) -> Option<Pool> {
    JobKind::named(&schedule.kind).map(|kind| kind.policy().pool)
}
