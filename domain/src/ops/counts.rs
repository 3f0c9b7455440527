//! How many jobs have ended, pool by pool. Counting a million takes a second, so the numbers are counted again only when they have been good
//! for twenty times as long as it took: counting costs a twentieth of the time at most, and a small installation never sees an old number.

use std::sync::Arc;
use std::time::Instant;

use entities::job::State;
use platform::{Db, Engine};
use sea_orm::{ActiveEnum as _, ConnectionTrait as _, DbErr};
use tokio::sync::Mutex;

use crate::sql::statement;

/// How many times as long as counting takes its answer is good for.
const GOOD_FOR: u32 = 20;

const ENDED: &str =
    "SELECT pool, state, count(*) AS jobs, CAST(NULL AS BIGINT) AS oldest FROM jobs WHERE finished_at IS NOT NULL GROUP BY pool, state";

/// How many jobs of a pool are in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    pub pool: String,
    pub state: State,
    pub jobs: u64,
    /// Since when the oldest that could run has been waiting, in microseconds since 1970.
    pub oldest: Option<i64>,
}

/// What was counted last, for everybody in this process.
#[derive(Debug, Clone, Default)]
pub struct Counted(Arc<Mutex<Option<Ended>>>);

#[derive(Debug)]
struct Ended {
    counts: Vec<Count>,
    good_until: Instant,
}

impl Counted {
    /// The jobs that wait or run, as they are now, and those that have ended, as they were a moment ago.
    pub(super) async fn counts(&self, db: &Db) -> Result<Vec<Count>, DbErr> {
        let mut counts = read(db, &live(db.engine())).await?;
        let mut last = self.0.lock().await;
        let now = Instant::now();
        let ended = if let Some(ended) = last.take().filter(|ended| ended.good_until > now) {
            ended
        } else {
            let counts = read(db, ENDED).await?;
            Ended { counts, good_until: Instant::now() + now.elapsed() * GOOD_FOR }
        };
        counts.extend(ended.counts.iter().cloned());
        *last = Some(ended);
        Ok(counts)
    }
}

/// Each part is spelled as the partial index is that holds it.
fn live(engine: Engine) -> String {
    let oldest = format!("min(CASE WHEN run_at <= {} THEN run_at END)", engine.now_sql());
    let waiting = |keyed: &str| {
        format!(
            "SELECT pool, state, count(*) AS jobs, {oldest} AS oldest FROM jobs WHERE state IN ('queued', 'retrying') AND concurrency_key {keyed} GROUP BY pool, state"
        )
    };
    let running =
        "SELECT pool, state, count(*) AS jobs, CAST(NULL AS BIGINT) AS oldest FROM jobs WHERE state = 'running' GROUP BY pool, state";
    let all = [waiting("IS NULL"), waiting("IS NOT NULL"), running.to_owned()].join(" UNION ALL ");
    format!("SELECT pool, state, CAST(sum(jobs) AS BIGINT) AS jobs, min(oldest) AS oldest FROM ({all}) AS live GROUP BY pool, state")
}

async fn read(db: &Db, sql: &str) -> Result<Vec<Count>, DbErr> {
    let rows = db.query_all_raw(statement(db.engine(), sql, [])).await?;
    let count = |row: &sea_orm::QueryResult| {
        Ok(Count {
            pool: row.try_get("", "pool")?,
            state: State::try_from_value(&row.try_get::<String>("", "state")?)?,
            jobs: u64::try_from(row.try_get::<i64>("", "jobs")?).unwrap_or(0),
            oldest: row.try_get::<Option<i64>>("", "oldest").unwrap_or(None),
        })
    };
    rows.iter().map(count).collect()
}
