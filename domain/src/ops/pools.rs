//! Pools: what waits, what runs, and whether anybody is there.

use std::collections::BTreeMap;
use std::time::Duration;

use ::jobs::store::controls;
use ::jobs::{Pool, Signal};
use entities::job::State;
use entities::{Timestamp, pool_control, worker};
use sea_orm::{ConnectionTrait as _, EntityTrait as _, Iterable as _};
use serde_json::json;

use super::once::Done;
use super::{Actor, Ops, OpsError};
use crate::idempotency::{Claim, Once};
use crate::sql::statement;

/// A worker whose last heartbeat is older is not there.
pub const HEARTBEAT_AGE_MAX: Duration = Duration::from_secs(30);

/// A pool as operators see it.
#[derive(Debug, Clone)]
pub struct PoolView {
    pub pool: Pool,
    pub paused: bool,
    /// How many jobs each of its workers may run at once, where somebody set it.
    pub concurrency_max: Option<i32>,
    /// Those whose last heartbeat is young enough.
    pub workers: u32,
    /// Jobs that these workers hold right now, as their heartbeats say.
    pub busy: u32,
    /// How long the oldest job that could run has been waiting.
    pub oldest_wait: Option<Duration>,
    counts: BTreeMap<&'static str, u64>,
}

/// Who is there in a pool.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    pub pool: Pool,
    /// Those whose last heartbeat is young enough.
    pub workers: u32,
    /// Age of the newest heartbeat; `None` when there never was one.
    pub newest: Option<Duration>,
}

impl PoolView {
    /// How many jobs there are of each state, also of those that none is in.
    pub fn counts(&self) -> impl Iterator<Item = (State, u64)> {
        State::iter().map(|state| (state, self.counts.get(state.name()).copied().unwrap_or(0)))
    }
}

impl Ops<'_> {
    /// Every pool, also those in which nothing ever happened.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn pools(&self) -> Result<Vec<PoolView>, OpsError> {
        let db = self.domain.db();
        let controls = pool_control::Entity::find().all(db.connection()).await?;
        let mut workers = worker::Entity::find().all(db.connection()).await?;
        let now = ::jobs::store::server::now(db).await?;
        workers.retain(|worker| now.since(worker.heartbeat_at) <= HEARTBEAT_AGE_MAX);
        let mut pools: Vec<PoolView> = Pool::ALL.into_iter().map(|pool| empty(pool, &controls, &workers)).collect();
        for count in self.domain.counted.counts(db).await? {
            let Some(pool) = pools.iter_mut().find(|view| view.pool.name() == count.pool) else { continue };
            pool.counts.insert(count.state.name(), count.jobs);
            let waited = count.oldest.map(|oldest| now.since(Timestamp::from_micros(oldest)));
            pool.oldest_wait = pool.oldest_wait.max(waited);
        }
        Ok(pools)
    }

    /// Stop or go on claiming from a pool, everywhere; it survives every restart.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn pause_pool(&self, actor: &Actor, pool: Pool, paused: bool, claim: Option<&Claim>) -> Result<Once<()>, OpsError> {
        let action = if paused { "pause_pool" } else { "resume_pool" };
        self.once(actor, action, claim, async |txn| {
            controls::set_paused(txn, pool, paused, &actor.name()).await?;
            Ok(Done::new((), resource(pool)).waking([Signal::Work(pool)]))
        })
        .await
    }

    /// Let each worker process of a pool run so many jobs at once; `None` gives the number back to its settings.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn scale_pool(&self, actor: &Actor, pool: Pool, max: Option<u32>, claim: Option<&Claim>) -> Result<Once<()>, OpsError> {
        self.once(actor, "scale_pool", claim, async |txn| {
            controls::set_concurrency(txn, pool, max, &actor.name()).await?;
            Ok(Done::new((), resource(pool)).detail(json!({ "concurrency_max": max })).waking([Signal::Work(pool)]))
        })
        .await
    }

    /// Who is there, pool by pool.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn heartbeats(&self) -> Result<Vec<Heartbeat>, OpsError> {
        let db = self.domain.db();
        let now = db.engine().now_sql();
        let sql = format!(
            "SELECT pool, count(CASE WHEN heartbeat_at >= {now} - {} THEN 1 END) AS workers, max(heartbeat_at) AS newest, {now} AS now
             FROM workers GROUP BY pool",
            HEARTBEAT_AGE_MAX.as_micros()
        );
        let rows = db.query_all_raw(statement(db.engine(), sql, [])).await?;
        let mut beats: Vec<_> = Pool::ALL.into_iter().map(|pool| Heartbeat { pool, workers: 0, newest: None }).collect();
        for row in rows {
            let name: String = row.try_get("", "pool")?;
            let Some(beat) = beats.iter_mut().find(|beat| beat.pool.name() == name) else { continue };
            let (newest, now) = (Timestamp::from_micros(row.try_get("", "newest")?), Timestamp::from_micros(row.try_get("", "now")?));
            beat.workers = u32::try_from(row.try_get::<i64>("", "workers")?).unwrap_or(u32::MAX);
            beat.newest = Some(now.since(newest));
        }
        Ok(beats)
    }
}

fn resource(pool: Pool) -> String {
    format!("/v1/ops/pools/{pool}")
}

fn empty(pool: Pool, controls: &[pool_control::Model], workers: &[worker::Model]) -> PoolView {
    let control = controls.iter().find(|control| control.pool == pool.name());
    let mine = workers.iter().filter(|worker| worker.pool == pool.name());
    PoolView {
        pool,
        paused: control.is_some_and(|control| control.paused),
        concurrency_max: control.and_then(|control| control.concurrency_max),
        workers: u32::try_from(mine.clone().count()).unwrap_or(u32::MAX),
        busy: mine.map(|worker| u32::try_from(worker.busy).unwrap_or(0)).sum(),
        oldest_wait: None,
        counts: BTreeMap::new(),
    }
}
