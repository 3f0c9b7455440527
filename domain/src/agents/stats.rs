//! How an agent has done.

use std::collections::BTreeMap;

use entities::id::AgentId;
use sea_orm::{ConnectionTrait as _, DbErr};

use super::{AgentError, Agents};
use crate::accounts::Caller;
use crate::sql::statement;

/// Times are those of the latest runs.
const MEASURED_RUNS_MAX: u32 = 10_000;
const WALL_MS: &str = "CAST(usage ->> 'wall_ms' AS BIGINT)";

/// The executions of an agent, or of one of its versions, in numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AgentStats {
    /// How many there are in each state; a state without any is left out.
    pub executions: BTreeMap<String, u64>,
    /// Succeeded ones among those that succeeded or failed.
    pub success_rate: Option<f64>,
    /// Over those of the latest 10,000 runs that were measured.
    pub wall_ms_mean: Option<f64>,
    pub wall_ms_p95: Option<u64>,
}

impl Agents<'_> {
    /// # Errors
    /// [`AgentError::Missing`] when there is no such agent for the caller.
    pub async fn stats(&self, caller: &Caller, id: AgentId, version: Option<i32>) -> Result<AgentStats, AgentError> {
        self.get(caller, id).await?;
        let (db, engine) = (self.domain.db.connection(), self.domain.db.engine());
        let chosen = if version.is_some() { "agent_id = $1 AND agent_version = $2" } else { "agent_id = $1" };
        let values = || [Some(id.into()), version.map(Into::into)].into_iter().flatten();
        let counts = format!("SELECT state, count(*) AS number FROM executions WHERE {chosen} GROUP BY state");
        let rows = db.query_all_raw(statement(engine, counts, values())).await?;
        let count = |row: &sea_orm::QueryResult| Ok((row.try_get::<String>("", "state")?, positive(row.try_get("", "number")?)));
        let executions = rows.iter().map(count).collect::<Result<BTreeMap<_, _>, DbErr>>()?;
        // Times lie in the rows themselves, so only so many rows are read; the states are counted in an index.
        let measured = format!(
            "FROM (SELECT usage FROM executions WHERE {chosen} AND state IN ('succeeded', 'failed') ORDER BY id DESC LIMIT {MEASURED_RUNS_MAX}) latest
             WHERE {WALL_MS} IS NOT NULL"
        );
        let wall = format!("SELECT count(*) AS number, CAST(avg({WALL_MS}) AS DOUBLE PRECISION) AS mean {measured}");
        let row = db.query_one_raw(statement(engine, wall, values())).await?;
        let (runs, wall_ms_mean) = match &row {
            Some(row) => (row.try_get::<i64>("", "number")?, row.try_get::<Option<f64>>("", "mean")?),
            None => (0, None),
        };
        // The nearest rank: the smallest time that 95 of 100 runs did not exceed.
        let skipped = (runs * 95).div_euclid(100) - i64::from(runs * 95 % 100 == 0);
        let slow = format!("SELECT {WALL_MS} AS wall_ms {measured} ORDER BY {WALL_MS} LIMIT 1 OFFSET {}", skipped.max(0));
        let slow = db.query_one_raw(statement(engine, slow, values())).await?;
        let wall_ms_p95 = slow.map(|row| row.try_get("", "wall_ms").map(positive)).transpose()?;
        let of = |state: &str| executions.get(state).copied().unwrap_or(0);
        let success_rate = rate(of("succeeded"), of("failed"));
        Ok(AgentStats { executions, success_rate, wall_ms_mean, wall_ms_p95 })
    }
}

fn positive(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "a rate of more than 2^53 runs may be off by a little")]
fn rate(succeeded: u64, failed: u64) -> Option<f64> {
    let ended = succeeded + failed;
    (ended > 0).then(|| succeeded as f64 / ended as f64)
}
