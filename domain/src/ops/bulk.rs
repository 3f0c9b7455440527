//! One thing done to every job that matches, however many: the request enqueues one job, and that job goes through them in batches.

use ::jobs::kinds::{ApplyBulk, BulkAction, JobKind};
use ::jobs::{NewJob, Pool, Run, Signal};
use entities::id::JobId;
use entities::job::{self, State};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::jobs::{FINAL, ITS_RUN_IS_CANCELLED, LIVE, RETRYABLE, cancel_all, delete_all, resource, retry_all};
use super::once::Done;
use super::{Actor, JobFilter, Ops, OpsError};
use crate::idempotency::{Claim, Once};

/// Jobs in one transaction.
const BATCH: u64 = 500;

/// What is to be done, and to which jobs.
#[derive(Debug, Clone)]
pub struct BulkRequest {
    pub action: BulkAction,
    pub filter: JobFilter,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkReport {
    /// Jobs that matched and were in a state for it.
    pub matched: u64,
    /// Jobs to which it was done; the others had changed meanwhile, or a live job has their unique key.
    pub done: u64,
}

/// How far it is.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Progress {
    #[serde(flatten)]
    report: BulkReport,
    /// The newest job that was looked at; the next batch begins behind it.
    last: Option<JobId>,
}

fn eligible(action: BulkAction) -> &'static [State] {
    match action {
        BulkAction::Retry => &RETRYABLE,
        BulkAction::Cancel => &LIVE,
        BulkAction::Delete => &FINAL,
    }
}

impl Ops<'_> {
    /// How many jobs it would be done to right now.
    ///
    /// # Errors
    /// When the filter is wrong.
    pub async fn count_bulk(&self, request: &BulkRequest) -> Result<u64, OpsError> {
        request.filter.check()?;
        let db = self.domain.db();
        let matching = matching(request, db.engine());
        Ok(job::Entity::find().filter(matching).count(db.connection()).await?)
    }

    /// Enqueue the job that does it. What is enqueued after this request is left alone.
    ///
    /// # Errors
    /// When the filter is wrong.
    pub async fn bulk(&self, actor: &Actor, request: &BulkRequest, claim: Option<&Claim>) -> Result<Once<JobId>, OpsError> {
        request.filter.check()?;
        let filter = serde_json::to_value(&request.filter)
            .map_err(|source| ::jobs::EnqueueError::Payload { kind: JobKind::ApplyBulk.name().into(), source })?;
        self.once(actor, "bulk_jobs", claim, async |txn| {
            let now = ::jobs::store::server::now(self.domain.db()).await?;
            let job = ApplyBulk { action: request.action, filter: filter.clone(), created_before: now.micros() };
            let (enqueued, wake) = self.domain.queue().enqueue_all(txn, vec![NewJob::of(&job)?.created_by(actor.name())]).await?;
            let id = enqueued[0].id;
            let said = json!({ "action": request.action, "filter": filter });
            Ok(Done::new(id, resource(id)).detail(said).enqueued(wake))
        })
        .await
    }

    /// What the job does: a few hundred at a time, oldest first. How far it is commits with each batch, so an attempt goes on where the last
    /// one stopped and every job counts once. `None` when it was asked to stop before the end: cancelled, or its worker goes away.
    ///
    /// # Errors
    /// When the filter is none, or the database refuses.
    pub async fn apply_bulk(&self, bulk: &ApplyBulk, run: &Run) -> Result<Option<BulkReport>, OpsError> {
        let filter: JobFilter =
            serde_json::from_value(bulk.filter.clone()).map_err(|error| OpsError::field("/filter", error.to_string()))?;
        let request = BulkRequest { action: bulk.action, filter };
        let db = self.domain.db();
        // Of the same moment, as fine as the database's clock is, those count that were there before the bulk.
        let at = |moment| job::Column::CreatedAt.eq(moment);
        let older = job::Column::CreatedAt.lt(bulk.created_before).or(at(bulk.created_before).and(job::Column::Id.lt(run.job_id())));
        let pending = Condition::all().add(matching(&request, db.engine())).add(older);
        let mut progress = self.progress_of(run.job_id()).await?;
        while !run.cancel().is_cancelled() && !run.drain().is_cancelled() {
            let query = job::Entity::find().select_only().columns([job::Column::Id, job::Column::Pool]).filter(pending.clone());
            let query = match progress.last {
                Some(id) => query.filter(job::Column::Id.gt(id)),
                None => query,
            };
            let batch: Vec<(JobId, String)> = query.order_by_asc(job::Column::Id).limit(BATCH).into_tuple().all(db.connection()).await?;
            let Some((last, _)) = batch.last() else { return Ok(Some(progress.report)) };
            progress.last = Some(*last);
            progress.report.matched += batch.len() as u64;
            match self.apply_to(bulk.action, &batch, &mut progress, run).await {
                Err(OpsError::LostLease(_)) => return Ok(None),
                applied => applied?,
            }
        }
        Ok(None)
    }

    /// What earlier attempts have written down.
    async fn progress_of(&self, bulk: JobId) -> Result<Progress, OpsError> {
        let row = job::Entity::find_by_id(bulk).one(self.domain.db().connection()).await?;
        Ok(row.and_then(|row| row.progress).and_then(|written| serde_json::from_value(written).ok()).unwrap_or_default())
    }

    async fn apply_to(&self, action: BulkAction, batch: &[(JobId, String)], progress: &mut Progress, run: &Run) -> Result<(), OpsError> {
        let ids: Vec<JobId> = batch.iter().map(|(id, _)| *id).collect();
        let txn = self.domain.db().write().await?;
        progress.report.done += match action {
            BulkAction::Retry => retry_all(&txn, &ids).await?,
            BulkAction::Delete => delete_all(&txn, &ids).await?,
            BulkAction::Cancel => cancel_all(&txn, &ids).await?,
        };
        run.progress_in(&txn, &json!(progress)).await?;
        txn.commit().await?;
        let bus = self.domain.queue().bus();
        match action {
            BulkAction::Retry => {
                let mut pools: Vec<Pool> = batch.iter().filter_map(|(_, pool)| Pool::named(pool)).collect();
                pools.sort_unstable();
                pools.dedup();
                pools.into_iter().map(Signal::Work).for_each(|signal| bus.send(signal));
            }
            BulkAction::Cancel => ids.into_iter().map(Signal::Cancel).for_each(|signal| bus.send(signal)),
            BulkAction::Delete => {}
        }
        Ok(())
    }
}

fn matching(request: &BulkRequest, engine: platform::Engine) -> Condition {
    let states = eligible(request.action).iter().copied();
    let for_good = (request.action == BulkAction::Retry).then(|| Expr::cust(ITS_RUN_IS_CANCELLED).not());
    request.filter.condition(engine).add(job::Column::State.is_in(states)).add_option(for_good)
}
