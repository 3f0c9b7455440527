//! Buckets in the table `rate_limit_buckets`: one upsert, on the database's clock.

use std::time::Duration;

use async_trait::async_trait;
use platform::{Db, Engine, Txn};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult as _};

use crate::context::Domain;
use crate::ports::limiter::{Bucket, Limiter, LimiterError, Taken};
use crate::sql::statement;

/// The limiter of an installation without Redis, and of every other while Redis is away.
#[derive(Debug, Clone)]
pub struct SqlLimiter(Db);

#[derive(sea_orm::FromQueryResult)]
struct Row {
    units: i64,
    full_in_us: i64,
}

impl SqlLimiter {
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self(db)
    }
}

#[async_trait]
impl Limiter for SqlLimiter {
    async fn take(&self, bucket: &Bucket, units: u32) -> Result<Taken, LimiterError> {
        take(&self.0, bucket, units).await.map_err(|error| LimiterError { reason: error.to_string() })
    }
}

async fn take(db: &Db, bucket: &Bucket, units: u32) -> Result<Taken, DbErr> {
    if db.engine() == Engine::Postgres {
        return take_on(db.connection(), db.engine(), bucket, units).await;
    }
    // Reading first keeps a flood that is refused away from the one writer.
    let seen = look(db.connection(), db.engine(), bucket).await?;
    if !is_free(bucket, seen) {
        return Ok(Taken { units: 0, full_in: seen });
    }
    let txn = db.write().await?;
    let taken = take_on(&*txn, txn.engine(), bucket, units).await?;
    txn.commit().await?;
    Ok(taken)
}

/// The same as a part of a transaction: what is rolled back was not taken.
pub async fn take_in(txn: &Txn, bucket: &Bucket, units: u32) -> Result<Taken, DbErr> {
    take_on(&**txn, txn.engine(), bucket, units).await
}

async fn take_on(db: &impl ConnectionTrait, engine: Engine, bucket: &Bucket, units: u32) -> Result<Taken, DbErr> {
    let now = engine.now_sql();
    let (greatest, least) = match engine {
        Engine::Sqlite => ("max", "min"),
        Engine::Postgres => ("greatest", "least"),
    };
    // `from` is when what was taken before is free again; of the span from now on, the rest is free.
    let from = format!("{greatest}(b.full_at, {now})");
    let free = format!("($4 - ({from} - {now})) / $3");
    let sql = format!(
        "INSERT INTO rate_limit_buckets AS b (bucket, full_at, units) VALUES ($1, {now} + {least}($2, $4 / $3) * $3, {least}($2, $4 / $3))
         ON CONFLICT (bucket) DO UPDATE SET full_at = {from} + {least}($2, {free}) * $3, units = {least}($2, {free})
         WHERE {free} >= 1
         RETURNING units, full_at - {now} AS full_in_us"
    );
    let values = [bucket.key.as_str().into(), i64::from(units).into(), bucket.interval_us.into(), bucket.span_us().into()];
    if let Some(row) = db.query_one_raw(statement(engine, sql, values)).await? {
        let row = Row::from_query_result(&row, "")?;
        return Ok(Taken { units: u32::try_from(row.units).unwrap_or(0), full_in: micros(row.full_in_us) });
    }
    Ok(Taken { units: 0, full_in: look(db, engine, bucket).await? })
}

/// How long until all that was taken is free again.
async fn look(db: &impl ConnectionTrait, engine: Engine, bucket: &Bucket) -> Result<Duration, DbErr> {
    let sql = format!(
        "SELECT CAST(0 AS BIGINT) AS units, full_at - {} AS full_in_us FROM rate_limit_buckets WHERE bucket = $1",
        engine.now_sql()
    );
    let row = db.query_one_raw(statement(engine, sql, [bucket.key.as_str().into()])).await?;
    Ok(row.map(|row| Row::from_query_result(&row, "")).transpose()?.map_or(Duration::ZERO, |row| micros(row.full_in_us)))
}

fn is_free(bucket: &Bucket, full_in: Duration) -> bool {
    full_in + bucket.interval() <= bucket.span()
}

fn micros(span: i64) -> Duration {
    Duration::from_micros(u64::try_from(span).unwrap_or(0))
}

/// Delete up to `rows_max` buckets from which everything is free again. Answers how many; repeat until none is left.
///
/// # Errors
/// When the database refuses.
pub async fn prune(domain: &Domain, rows_max: u32) -> Result<u64, DbErr> {
    let engine = domain.db.engine();
    let sql = format!(
        "DELETE FROM rate_limit_buckets WHERE bucket IN (SELECT bucket FROM rate_limit_buckets WHERE full_at <= {now} LIMIT {rows_max})
         AND full_at <= {now}",
        now = engine.now_sql()
    );
    let txn = domain.db.write().await?;
    let deleted = txn.execute_raw(statement(engine, sql, [])).await?.rows_affected();
    txn.commit().await?;
    Ok(deleted)
}
