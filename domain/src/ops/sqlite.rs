//! What SQLite has to be told. It takes a partial index only when the statement spells the index's own condition, with literals, and it
//! does not know how many rows that would be. PostgreSQL needs neither.

use entities::job::State;
use platform::{Db, Engine};
use sea_orm::sea_query::Expr;
use sea_orm::{Condition, ConnectionTrait as _, DbErr};

use super::JobFilter;
use crate::sql::statement;

const ENDED_BADLY: &str = "jobs.state IN ('failed', 'cancelled', 'quarantined')";
// Small sets. They are collected first, or the walk along the ids would go through everything for them.
const RUNNING: &str = "jobs.id IN (SELECT id FROM jobs WHERE state = 'running')";
const READY: &str = "jobs.id IN (SELECT id FROM jobs WHERE state IN ('queued', 'retrying') AND concurrency_key IS NULL)";
const READY_KEYED: &str = "jobs.id IN (SELECT id FROM jobs WHERE state IN ('queued', 'retrying') AND concurrency_key IS NOT NULL)";

/// Up to so many rows are sorted sooner than found by walking through all jobs. With more of them a walk meets enough soon.
const FEW: i64 = 5_000;

/// Conditions that exclude nothing that the filter does not exclude, and name an index that holds all the rest.
pub(super) async fn hints(db: &Db, filter: &JobFilter) -> Result<Condition, DbErr> {
    let none = Condition::all();
    if db.engine() != Engine::Sqlite || filter.states.is_empty() {
        return Ok(none);
    }
    let only = |some: &[State]| filter.states.iter().all(|state| some.contains(state));
    let indexes: &[&str] = if only(&[State::Failed, State::Cancelled, State::Quarantined]) {
        &[ENDED_BADLY]
    } else if only(&[State::Running]) {
        &[RUNNING]
    } else if only(&[State::Queued, State::Retrying]) && are_few(db).await? {
        &[READY, READY_KEYED]
    } else if only(&super::jobs::LIVE) && are_few(db).await? {
        &[READY, READY_KEYED, RUNNING]
    } else {
        return Ok(none);
    };
    Ok(indexes.iter().map(|spelled| Expr::cust(*spelled)).fold(Condition::any(), Condition::add))
}

async fn are_few(db: &Db) -> Result<bool, DbErr> {
    let up_to = |keyed: &str| {
        let some = format!("SELECT 1 FROM jobs WHERE state IN ('queued', 'retrying') AND concurrency_key {keyed} LIMIT {}", FEW + 1);
        format!("SELECT * FROM ({some})")
    };
    let sql = format!("SELECT count(*) AS jobs FROM ({} UNION ALL {})", up_to("IS NULL"), up_to("IS NOT NULL"));
    let row = db.query_one_raw(statement(Engine::Sqlite, sql, [])).await?;
    Ok(row.map_or(Ok(0), |row| row.try_get::<i64>("", "jobs"))? <= FEW)
}
