//! Taking jobs with a concurrency key: the keys take turns, and each gives what its counter row allows.
//!
//! The counter rows are locked first, in sorted order and without waiting; the jobs after them, without waiting either.
//! So two claimers never slip under one bound and never wait for each other. PostgreSQL does it in one statement, SQLite under its one write lock.

mod ring;
mod steps;

use std::collections::BTreeMap;

use platform::{Db, Engine};
use sea_orm::{DbErr, QueryResult};

use super::claim::{Claim, Claimed, read};

/// The key of `j` that is next behind the one that a walk stands on.
const STEP: &str =
    "SELECT j.concurrency_key FROM jobs j WHERE j.pool = $1 AND j.state IN ('queued', 'retrying') AND j.concurrency_key IS NOT NULL";

/// Where the last claim stopped among the keys.
#[derive(Debug, Default)]
pub struct Cursor {
    after: String,
    /// The last claim took nothing, though some keys might have given a job: others were at their counters or jobs.
    pub collided: bool,
}

/// What was taken, how much of it from each key, and the last of the keys that might have given some.
#[derive(Default)]
struct Taken {
    jobs: Vec<Claimed>,
    by_key: BTreeMap<String, i64>,
    looked_at: Option<String>,
}

/// Take up to `jobs_max` jobs of keys that may start some, going on behind the key that came last.
///
/// # Errors
/// When the database refuses; nothing is taken then, or what was taken comes back when its lease runs out.
pub async fn claim(db: &Db, claim: &Claim<'_>, cursor: &mut Cursor) -> Result<Vec<Claimed>, DbErr> {
    let Taken { jobs, by_key, looked_at } = match db.engine() {
        Engine::Postgres => ring::claim(db, claim, &cursor.after).await?,
        Engine::Sqlite => steps::claim(db, claim, &cursor.after).await?,
    };
    // The keys up to the cursor came in the second lap.
    let last = by_key.range(..=cursor.after.clone()).next_back().or_else(|| by_key.last_key_value());
    let last = last.map(|(key, _)| key.clone());
    cursor.collided = last.is_none() && looked_at.is_some();
    cursor.after = last.or(looked_at).unwrap_or_default();
    Ok(jobs)
}

/// The counter row `l` allows at least one more job.
fn open_sql(engine: Engine) -> String {
    format!("(l.running_max IS NULL OR l.running < l.running_max) AND (l.rate_max IS NULL OR {} >= 1000)", tokens_sql(engine))
}

/// What the bucket of `l` holds, in thousandths. It fills by the database's clock, in one window from empty to full.
fn tokens_sql(engine: Engine) -> String {
    let least = if engine == Engine::Postgres { "least" } else { "min" };
    format!(
        "CASE WHEN l.rate_max IS NULL THEN NULL WHEN l.rate_tokens_milli IS NULL THEN l.rate_max * 1000
              ELSE {least}(l.rate_max * 1000, l.rate_tokens_milli + {least}({} - l.rate_refilled_at, l.rate_window_ms * 1000) * l.rate_max / l.rate_window_ms) END",
        engine.now_sql()
    )
}

fn read_all<'a>(rows: impl Iterator<Item = &'a QueryResult>) -> Result<Taken, DbErr> {
    let mut taken = Taken::default();
    for row in rows {
        *taken.by_key.entry(row.try_get("", "concurrency_key")?).or_insert(0) += 1;
        taken.jobs.push(read(row)?);
    }
    Ok(taken)
}
