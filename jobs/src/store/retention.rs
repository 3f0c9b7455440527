//! Deleting what has been kept long enough, in small batches, so that no transaction is long and no table bloats at once.

use std::time::Duration;

use entities::job::State;
use platform::Db;
use sea_orm::{ConnectionTrait as _, DbErr};

use super::limits;
use super::sql::statement;
use crate::engine::Settings;

/// Rows of one batch.
const BATCH: u32 = 500;

/// How long a concurrency key is remembered after its last job.
const KEY_IDLE: Duration = Duration::from_hours(24);

/// How many rows went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    pub jobs: u64,
    pub others: u64,
}

/// Delete one batch of each sort. Repeat until nothing goes.
///
/// # Errors
/// When the database refuses; the batches before it are gone.
pub async fn prune_batch(db: &Db, settings: &Settings) -> Result<Pruned, DbErr> {
    let mut pruned = Pruned::default();
    let kept = [
        (State::Succeeded, settings.keep_succeeded_hours),
        (State::Failed, settings.keep_failed_hours),
        (State::Cancelled, settings.keep_cancelled_hours),
        (State::Quarantined, settings.keep_quarantined_hours),
    ];
    for (state, hours) in kept {
        let sql = format!(
            "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE state = $1 AND finished_at IS NOT NULL AND finished_at < {} - $2 ORDER BY finished_at LIMIT {BATCH})",
            db.engine().now_sql()
        );
        pruned.jobs += execute(db, sql, [state.name().into(), micros(hours).into()]).await?;
    }
    let now = db.engine().now_sql();
    // An ingress queue's task ids are remembered for two days longer than any job, so that a late repeat is still a repeat.
    let longest = kept.into_iter().map(|(_, hours)| hours).max().unwrap_or_default() + 48;
    let ended = [
        (
            format!(
                "DELETE FROM job_unique_periods WHERE unique_key IN (SELECT unique_key FROM job_unique_periods WHERE until < {now} - $1 LIMIT {BATCH})"
            ),
            0,
        ),
        (format!("DELETE FROM workers WHERE id IN (SELECT id FROM workers WHERE heartbeat_at < {now} - $1 LIMIT {BATCH})"), 1),
        (
            format!(
                "DELETE FROM ingress_messages WHERE (queue, task_id) IN (SELECT queue, task_id FROM ingress_messages WHERE received_at < {now} - $1 LIMIT {BATCH})"
            ),
            longest,
        ),
        (
            format!(
                "DELETE FROM schedule_fires WHERE (name, fire_at) IN (SELECT name, fire_at FROM schedule_fires WHERE fire_at < {now} - $1 LIMIT {BATCH})"
            ),
            longest,
        ),
    ];
    for (sql, hours) in ended {
        pruned.others += execute(db, sql, [micros(hours).into()]).await?;
    }
    pruned.others += limits::forget_idle(db, KEY_IDLE, BATCH).await?;
    Ok(pruned)
}

fn micros(hours: u32) -> i64 {
    i64::from(hours) * 3_600_000_000
}

async fn execute(db: &Db, sql: String, values: impl IntoIterator<Item = sea_orm::Value>) -> Result<u64, DbErr> {
    let txn = db.write().await?;
    let done = txn.execute_raw(statement(db.engine(), sql, values)).await?;
    txn.commit().await?;
    Ok(done.rows_affected())
}
