//! Retry, cancel, delete: one job or a few hundred, by the same statements.

use ::jobs::{Pool, Signal};
use entities::id::JobId;
use entities::job::{self, State};
use platform::Txn;
use sea_orm::sea_query::{Alias, CaseStatement, Expr, ExprTrait as _, Query, SimpleExpr};
use sea_orm::{ColumnTrait as _, Condition, DbErr, EntityTrait as _, QueryFilter as _};

use super::detail::missing;
use super::once::Done;
use super::{Actor, Ops, OpsError};
use crate::idempotency::{Claim, Once};
use crate::sql::is_duplicate;

/// The states from which a job can be tried anew. A retrying one need not wait for its time.
pub(super) const RETRYABLE: [State; 4] = [State::Failed, State::Cancelled, State::Quarantined, State::Retrying];
pub(super) const LIVE: [State; 3] = [State::Queued, State::Running, State::Retrying];
pub(super) const FINAL: [State; 4] = [State::Succeeded, State::Failed, State::Cancelled, State::Quarantined];

/// The job carried out a run that was cancelled, and that is final: whoever wants another one asks for it.
pub(super) const ITS_RUN_IS_CANCELLED: &str =
    "EXISTS (SELECT 1 FROM executions WHERE executions.job_id = jobs.id AND executions.state = 'cancelled')";

impl Ops<'_> {
    /// Let a job that has ended without success start anew with all its tries. One that waits for its next try starts now, and what it has
    /// failed so far still counts.
    ///
    /// # Errors
    /// [`OpsError::State`] in other states and when its run was cancelled, [`OpsError::UniqueTaken`] when a live job has its unique key by now.
    pub async fn retry(&self, actor: &Actor, id: JobId, claim: Option<&Claim>) -> Result<Once<JobId>, OpsError> {
        self.once(actor, "retry_job", claim, async |txn| {
            let job = locked(txn, id).await?;
            if !RETRYABLE.contains(&job.state) {
                return Err(refused(
                    &job,
                    "only a job that failed, was cancelled or quarantined, or waits for its next try can be retried",
                ));
            }
            let of_cancelled = job::Entity::find_by_id(id).filter(Expr::cust(ITS_RUN_IS_CANCELLED)).one(&**txn).await?;
            if of_cancelled.is_some() {
                return Err(refused(&job, "a run that was cancelled is not run again; start a new one"));
            }
            if let Some(holder) = holder(txn, &job).await? {
                return Err(OpsError::UniqueTaken { job: id, key: job.unique_key.unwrap_or_default(), holder });
            }
            let taken = |error: DbErr| {
                if is_duplicate(&error) { refused(&job, "a job with its unique key was enqueued at the same time") } else { error.into() }
            };
            retry_all(txn, &[id]).await.map_err(taken)?;
            Ok(Done::new(id, resource(id)).waking(Pool::named(&job.pool).map(Signal::Work)))
        })
        .await
    }

    /// Ask for the end of a job: at once when it waits, soon when it runs.
    ///
    /// # Errors
    /// [`OpsError::State`] when it has ended.
    pub async fn cancel(&self, actor: &Actor, id: JobId, claim: Option<&Claim>) -> Result<Once<JobId>, OpsError> {
        self.once(actor, "cancel_job", claim, async |txn| {
            let job = locked(txn, id).await?;
            if job.state.is_final() {
                return Err(refused(&job, "it has ended"));
            }
            ::jobs::store::cancel::request(txn, &[id]).await?;
            Ok(Done::new(id, resource(id)).waking([Signal::Cancel(id)]))
        })
        .await
    }

    /// Forget a job that has ended, with its attempts and logs.
    ///
    /// # Errors
    /// [`OpsError::State`] when it is live.
    pub async fn delete(&self, actor: &Actor, id: JobId) -> Result<(), OpsError> {
        let deleted = self.once(actor, "delete_job", None, async |txn| {
            let job = locked(txn, id).await?;
            if !job.state.is_final() {
                return Err(refused(&job, "cancel it first"));
            }
            delete_all(txn, &[id]).await?;
            Ok(Done::new((), resource(id)))
        });
        deleted.await.map(Once::into_inner)
    }
}

pub(super) fn resource(id: JobId) -> String {
    format!("/v1/ops/jobs/{id}")
}

fn refused(job: &job::Model, why: &'static str) -> OpsError {
    OpsError::State { job: job.id, state: job.state.name(), why }
}

/// The row as it stays until the end of the transaction.
async fn locked(txn: &Txn, id: JobId) -> Result<job::Model, OpsError> {
    use sea_orm::QuerySelect as _;
    let query = job::Entity::find_by_id(id);
    // SQLite has one writer, and this transaction is it.
    let query = if txn.engine() == platform::Engine::Postgres { query.lock_exclusive() } else { query };
    query.one(&**txn).await?.ok_or_else(|| missing(id))
}

/// Another live job with the same unique key.
async fn holder(txn: &Txn, job: &job::Model) -> Result<Option<JobId>, DbErr> {
    let Some(key) = &job.unique_key else { return Ok(None) };
    let same =
        Condition::all().add(job::Column::UniqueKey.eq(key.as_str())).add(job::Column::State.is_in(LIVE)).add(job::Column::Id.ne(job.id));
    Ok(job::Entity::find().filter(same).one(&**txn).await?.map(|holder| holder.id))
}

/// Retry those among the jobs that can be; answers how many. A cancelled run is none of them. Of several with one unique key the newest goes, and none while another is live.
pub(super) async fn retry_all(txn: &Txn, ids: &[JobId]) -> Result<u64, DbErr> {
    let other = Alias::new("other");
    let column = |column| Expr::col((other.clone(), column));
    let newer_here = Condition::all()
        .add(column(job::Column::Id).is_in(ids.iter().copied()))
        .add(column(job::Column::State).is_in(RETRYABLE))
        .add(column(job::Column::Id).gt(Expr::col((job::Entity, job::Column::Id))));
    let live = Condition::all()
        .add(column(job::Column::State).is_in(LIVE))
        .add(column(job::Column::Id).ne(Expr::col((job::Entity, job::Column::Id))));
    let rival = |which: Condition| {
        let same_key = column(job::Column::UniqueKey).equals((job::Entity, job::Column::UniqueKey));
        let query = Query::select().expr(Expr::val(1)).from_as(job::Entity, other.clone()).and_where(same_key).cond_where(which).to_owned();
        Expr::exists(query)
    };
    let alone = Condition::any().add(job::Column::UniqueKey.is_null()).add(rival(newer_here).or(rival(live)).not());
    let retried = job::Entity::update_many()
        .col_expr(job::Column::State, Expr::value(State::Queued))
        .col_expr(job::Column::RunAt, Expr::cust(txn.engine().now_sql()))
        .col_expr(job::Column::Failures, kept_while_retrying(job::Column::Failures))
        .col_expr(job::Column::Deaths, kept_while_retrying(job::Column::Deaths))
        .col_expr(job::Column::FinishedAt, Expr::cust("NULL"))
        .col_expr(job::Column::CancelRequestedAt, Expr::cust("NULL"))
        .filter(job::Column::Id.is_in(ids.iter().copied()))
        .filter(job::Column::State.is_in(RETRYABLE))
        .filter(Expr::cust(ITS_RUN_IS_CANCELLED).not())
        .filter(alone)
        .exec(&**txn)
        .await?;
    Ok(retried.rows_affected)
}

/// A job that has ended gets a fresh budget; one between two tries is still spending its own.
fn kept_while_retrying(counter: job::Column) -> SimpleExpr {
    CaseStatement::new().case(job::Column::State.eq(State::Retrying), Expr::col(counter)).finally(0).into()
}

/// Ask for the end of those among the jobs that are live; answers how many.
pub(super) async fn cancel_all(txn: &Txn, ids: &[JobId]) -> Result<u64, DbErr> {
    use sea_orm::{QueryOrder as _, QuerySelect as _};
    let live = job::Entity::find().select_only().column(job::Column::Id).filter(job::Column::Id.is_in(ids.iter().copied()));
    let live = live.filter(job::Column::State.is_in(LIVE)).order_by_asc(job::Column::Id);
    // Under their locks nobody ends them before they are asked. SQLite has one writer, and this transaction is it.
    let live = if txn.engine() == platform::Engine::Postgres { live.lock_exclusive() } else { live };
    let live: Vec<JobId> = live.into_tuple().all(&**txn).await?;
    ::jobs::store::cancel::request(txn, &live).await?;
    Ok(live.len() as u64)
}

/// Delete those among the jobs that have ended; answers how many.
pub(super) async fn delete_all(txn: &Txn, ids: &[JobId]) -> Result<u64, DbErr> {
    let ended = job::Entity::delete_many().filter(job::Column::Id.is_in(ids.iter().copied())).filter(job::Column::State.is_in(FINAL));
    Ok(ended.exec(&**txn).await?.rows_affected)
}
