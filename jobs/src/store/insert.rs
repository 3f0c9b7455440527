//! New rows, and the old ones that a unique key points to.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use entities::id::JobId;
use platform::{Engine, Ids, Txn};
use sea_orm::{ConnectionTrait as _, DbErr};
use serde_json::{Value, json};

use super::limits;
use super::sql::{Col, hex, rows, statement};
use crate::enqueue::{EnqueueError, Enqueued, NewJob};
use crate::policy::Unique;

/// How often an insert is repeated when the live job with its unique key ends between two statements.
const UNIQUE_TRIES_MAX: u32 = 5;

static INSERT: LazyLock<[String; 2]> = LazyLock::new(|| [Engine::Sqlite, Engine::Postgres].map(insert_sql));

fn insert_sql(engine: Engine) -> String {
    let rows = rows(
        engine,
        &[
            ("id", Col::Uuid),
            ("kind", Col::Text),
            ("pool", Col::Text),
            ("payload", Col::Json),
            ("priority", Col::Int),
            ("delay_us", Col::Big),
            ("failures_max", Col::Int),
            ("deaths_max", Col::Int),
            ("unique_key", Col::Text),
            ("concurrency_key", Col::Text),
            ("resource", Col::Text),
            ("trace_id", Col::Text),
            ("created_by", Col::Text),
        ],
    );
    let now = engine.now_sql();
    format!(
        "INSERT INTO jobs (id, kind, pool, payload, state, priority, run_at, failures_max, deaths_max, unique_key, concurrency_key, resource, trace_id, created_by, created_at)
         SELECT r.id, r.kind, r.pool, r.payload, 'queued', r.priority, {now} + r.delay_us, r.failures_max, r.deaths_max, r.unique_key, r.concurrency_key, r.resource, r.trace_id, r.created_by, {now}
         FROM {rows} WHERE true
         ON CONFLICT (unique_key) WHERE unique_key IS NOT NULL AND state IN ('queued', 'running', 'retrying') DO NOTHING
         RETURNING id"
    )
}

/// Insert the jobs, in one statement when none has a unique key that is taken.
pub(crate) async fn insert(txn: &Txn, ids: &Ids, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>, EnqueueError> {
    if let Some(job) = jobs.iter().find(|job| !(0..=9).contains(&job.priority)) {
        return Err(EnqueueError::Priority { given: job.priority });
    }
    for limit in jobs.iter().filter_map(|job| job.concurrency.as_ref()) {
        limit.check().map_err(|what| EnqueueError::Bound { key: limit.key.clone(), what })?;
    }
    limits::declare(txn, jobs.iter().filter_map(|job| job.concurrency.as_ref())).await?;
    let mut answers: Vec<Option<Enqueued>> = vec![None; jobs.len()];
    let mut waiting: BTreeMap<usize, (JobId, NewJob)> = jobs.into_iter().map(|job| (ids.next(), job)).enumerate().collect();
    // In the order of the keys, here and below: two callers with the same keys never wait for one another in a ring.
    let mut in_order: Vec<_> = waiting.iter().filter(|(_, (_, job))| matches!(job.unique, Some(Unique::For { .. }))).collect();
    in_order.sort_by_key(|(_, (_, job))| key(job));
    let mut taken = Vec::new();
    for (index, (id, job)) in in_order {
        answers[*index] = claim_period(txn, *id, job).await?;
        if answers[*index].is_none() {
            taken.push((*index, key(job).unwrap_or_default().to_owned()));
        }
    }
    waiting.retain(|index, _| answers[*index].is_none());
    let mut tries = 0;
    while !waiting.is_empty() {
        let inserted = insert_rows(txn, waiting.values()).await?;
        let missing: Vec<&str> = waiting.values().filter(|(id, _)| !inserted.contains(id)).filter_map(|(_, job)| key(job)).collect();
        let live = live_by_key(txn, &missing).await?;
        waiting.retain(|index, (id, job)| {
            let answer = if inserted.contains(id) {
                Some(Enqueued { id: *id, existed: false })
            } else {
                key(job).and_then(|key| live.get(key)).map(|id| Enqueued { id: *id, existed: true })
            };
            answers[*index] = answer;
            answer.is_none()
        });
        tries += 1;
        if let Some(key) = waiting.values().find_map(|(_, job)| key(job)).filter(|_| tries == UNIQUE_TRIES_MAX) {
            return Err(EnqueueError::Contended { key: key.to_owned() });
        }
    }
    for (index, key) in taken {
        if let Some(earlier) = answers[index].filter(|answer| answer.existed) {
            name_holder(txn, &key, earlier.id).await?;
        }
    }
    Ok(answers.into_iter().flatten().collect())
}

async fn insert_rows(txn: &Txn, jobs: impl Iterator<Item = &(JobId, NewJob)>) -> Result<HashSet<JobId>, DbErr> {
    let mut jobs: Vec<_> = jobs.collect();
    jobs.sort_by_key(|(id, job)| (key(job), *id));
    let rows: Vec<Value> = jobs
        .into_iter()
        .map(|(id, job)| {
            json!({
                "id": hex(*id), "kind": job.kind, "pool": job.pool, "payload": job.payload, "priority": job.priority,
                "delay_us": i64::try_from(job.delay.as_micros()).unwrap_or(i64::MAX / 2),
                "failures_max": job.failures_max, "deaths_max": job.deaths_max, "unique_key": key(job),
                "concurrency_key": job.concurrency.as_ref().map(|limit| &limit.key),
                "resource": job.resource, "trace_id": job.trace_id, "created_by": job.created_by,
            })
        })
        .collect();
    let sql = INSERT[usize::from(txn.engine() == Engine::Postgres)].as_str();
    let inserted = txn.query_all_raw(statement(txn.engine(), sql, [Value::Array(rows).into()])).await?;
    inserted.iter().map(|row| row.try_get::<JobId>("", "id")).collect()
}

fn key(job: &NewJob) -> Option<&str> {
    job.unique.as_ref().map(Unique::key)
}

async fn live_by_key(txn: &Txn, keys: &[&str]) -> Result<HashMap<String, JobId>, DbErr> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = rows(txn.engine(), &[("unique_key", Col::Text)]);
    let sql = format!(
        "SELECT jobs.id, jobs.unique_key FROM {rows} JOIN jobs ON jobs.unique_key = r.unique_key
         WHERE jobs.unique_key IS NOT NULL AND jobs.state IN ('queued', 'running', 'retrying')"
    );
    let keys: Vec<Value> = keys.iter().map(|key| json!({ "unique_key": key })).collect();
    let found = txn.query_all_raw(statement(txn.engine(), sql, [Value::Array(keys).into()])).await?;
    found.iter().map(|row| Ok((row.try_get("", "unique_key")?, row.try_get("", "id")?))).collect()
}

/// Take a unique key for its period, or answer whose it is.
async fn claim_period(txn: &Txn, id: JobId, job: &NewJob) -> Result<Option<Enqueued>, DbErr> {
    let Some(Unique::For { key, period }) = &job.unique else { return Ok(None) };
    let now = txn.engine().now_sql();
    let period_us = i64::try_from(period.as_micros()).unwrap_or(i64::MAX / 2);
    let take = format!(
        "INSERT INTO job_unique_periods (unique_key, job_id, until) VALUES ($1, $2, {now} + $3)
         ON CONFLICT (unique_key) DO UPDATE SET job_id = excluded.job_id, until = excluded.until WHERE job_unique_periods.until <= {now}
         RETURNING job_id"
    );
    let taken = txn.query_one_raw(statement(txn.engine(), take, [key.as_str().into(), id.into(), period_us.into()])).await?;
    if taken.is_some() {
        return Ok(None);
    }
    let holder = "SELECT job_id FROM job_unique_periods WHERE unique_key = $1";
    let holder = txn.query_one_raw(statement(txn.engine(), holder, [key.as_str().into()])).await?;
    holder.map(|row| Ok(Enqueued { id: row.try_get("", "job_id")?, existed: true })).transpose()
}

/// The period belongs to the job that is still alive from the period before.
async fn name_holder(txn: &Txn, key: &str, job: JobId) -> Result<(), DbErr> {
    let sql = "UPDATE job_unique_periods SET job_id = $2 WHERE unique_key = $1";
    txn.execute_raw(statement(txn.engine(), sql, [key.into(), job.into()])).await?;
    Ok(())
}
