//! Pools: what waits and runs in them; pause, resume, scale.

use domain::Domain;
use domain::entities::job::State;
use domain::ops::PoolView;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use serde_json::Value;

use super::filter::{PoolName, pool_in_path};
use crate::auth::{Architect, Observer};
use crate::body::Body;
use crate::convention::{Acted, IdempotencyKey};
use crate::problem::Problem;
use crate::v1::Tag;

pub struct PoolsApi {
    pub domain: Domain,
}

/// How many jobs there are of each state.
#[derive(Debug, Default, Object)]
struct JobCounts {
    queued: u32,
    running: u32,
    retrying: u32,
    succeeded: u32,
    failed: u32,
    cancelled: u32,
    quarantined: u32,
}

/// A set of workers that take the same kinds.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct Pool {
    name: PoolName,
    /// Nothing is claimed from it.
    paused: bool,
    /// How many jobs each of its worker processes may run at once, where somebody set it.
    concurrency_max: Option<i32>,
    /// Its worker processes that were heard of in the last 30 seconds.
    workers: u32,
    /// Jobs that they hold, as their heartbeats say.
    busy: u32,
    counts: JobCounts,
    /// How long the oldest job that could run has been waiting.
    oldest_wait_ms: Option<u32>,
}

#[derive(Debug, Object)]
struct PoolList {
    pools: Vec<Pool>,
}

/// How many jobs at once.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct Scale {
    /// For each worker process; absent or null gives the number back to the process's settings.
    #[oai(validator(minimum(value = "1"), maximum(value = "10000")))]
    concurrency_max: Option<u32>,
}

impl From<PoolView> for Pool {
    fn from(pool: PoolView) -> Self {
        let mut counts = JobCounts::default();
        for (state, count) in pool.counts() {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            match state {
                State::Queued => counts.queued = count,
                State::Running => counts.running = count,
                State::Retrying => counts.retrying = count,
                State::Succeeded => counts.succeeded = count,
                State::Failed => counts.failed = count,
                State::Cancelled => counts.cancelled = count,
                State::Quarantined => counts.quarantined = count,
            }
        }
        Self {
            name: pool.pool.into(),
            paused: pool.paused,
            concurrency_max: pool.concurrency_max,
            workers: pool.workers,
            busy: pool.busy,
            counts,
            oldest_wait_ms: pool.oldest_wait.map(|wait| u32::try_from(wait.as_millis()).unwrap_or(u32::MAX)),
        }
    }
}

#[OpenApi(prefix_path = "/v1/ops/pools", tag = "Tag::Ops")]
impl PoolsApi {
    /// All pools
    #[oai(path = "/", method = "get", operation_id = "listPools")]
    async fn list(&self, _observer: Observer) -> Result<Json<PoolList>, Problem> {
        let pools = self.domain.ops().pools().await?;
        Ok(Json(PoolList { pools: pools.into_iter().map(Into::into).collect() }))
    }

    /// Stop claiming from a pool
    ///
    /// Everywhere, and until it is resumed: it survives every restart. What runs goes on.
    #[oai(path = "/:pool/pause", method = "post", operation_id = "pausePool")]
    async fn pause(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        pool: Path<String>,
    ) -> Result<Acted<Pool>, Problem> {
        self.set_paused(&architect, &key, &pool, true).await
    }

    /// Claim from a pool again
    #[oai(path = "/:pool/resume", method = "post", operation_id = "resumePool")]
    async fn resume(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        pool: Path<String>,
    ) -> Result<Acted<Pool>, Problem> {
        self.set_paused(&architect, &key, &pool, false).await
    }

    /// Let a pool's workers run more or fewer jobs at once
    #[oai(path = "/:pool/scale", method = "post", operation_id = "scalePool")]
    async fn scale(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        pool: Path<String>,
        body: Body<Scale>,
    ) -> Result<Acted<Pool>, Problem> {
        let pool = pool_in_path(&pool)?;
        let claim = key.claim(&architect.caller, &body.document);
        let done = self.domain.ops().scale_pool(&architect, pool, body.value.concurrency_max, claim.as_ref()).await?;
        self.one(pool, done.is_replay()).await
    }
}

impl PoolsApi {
    async fn set_paused(&self, architect: &Architect, key: &IdempotencyKey, pool: &str, paused: bool) -> Result<Acted<Pool>, Problem> {
        let pool = pool_in_path(pool)?;
        let claim = key.claim(&architect.caller, &Value::Null);
        let done = self.domain.ops().pause_pool(architect, pool, paused, claim.as_ref()).await?;
        self.one(pool, done.is_replay()).await
    }

    async fn one(&self, pool: jobs::Pool, replayed: bool) -> Result<Acted<Pool>, Problem> {
        let found = self.domain.ops().pools().await?.into_iter().find(|view| view.pool == pool);
        let pool = found.ok_or_else(|| Problem::internal("a pool is missing from the list of pools"))?;
        Ok(Acted::on(Pool::from(pool)).replayed(replayed))
    }
}
