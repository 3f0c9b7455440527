//! Taking a key, and keeping the answer under it.

use std::time::Duration;

use entities::idempotency_key;
use platform::{Db, Engine, Txn};
use sea_orm::{ConnectionTrait, EntityTrait as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::IdempotencyError;
use crate::accounts::Caller;
use crate::context::Domain;
use crate::sql::{refusal, statement};

/// Whole numbers below this are the same as floating point (2^53).
const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;

/// What makes two requests the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Caller, method, path and key.
    pub scope_hash: String,
    /// The body as parsed JSON: order of fields and white space do not count.
    pub body_hash: String,
}

impl Claim {
    #[must_use]
    pub fn new(caller: &Caller, method: &str, path: &str, key: &str, body: &Value) -> Self {
        let scope_hash = hash(&[&caller.user_id.to_string(), method, path, key]);
        Self { scope_hash, body_hash: hash(&[&canonical(body)]) }
    }
}

/// An answer, and whether it was given before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Once<T> {
    First(T),
    /// The request was a repetition; nothing was done.
    Again(T),
}

impl<T> Once<T> {
    pub fn get(&self) -> &T {
        match self {
            Self::First(answer) | Self::Again(answer) => answer,
        }
    }

    pub fn into_inner(self) -> T {
        match self {
            Self::First(answer) | Self::Again(answer) => answer,
        }
    }

    #[must_use]
    pub fn is_replay(&self) -> bool {
        matches!(self, Self::Again(_))
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Once<U> {
        match self {
            Self::First(answer) => Once::First(change(answer)),
            Self::Again(answer) => Once::Again(change(answer)),
        }
    }
}

/// The answer that was given under the key, if there is one.
///
/// # Errors
/// [`IdempotencyError::Reused`] when the key was used with another body.
pub async fn earlier<T: DeserializeOwned>(db: &Db, claim: Option<&Claim>) -> Result<Option<T>, IdempotencyError> {
    let Some(claim) = claim else { return Ok(None) };
    match kept(db.connection(), db.engine(), claim).await? {
        Some(row) => answer(row, claim).map(Some),
        None => Ok(None),
    }
}

/// Open the transaction of the effect. With a key it waits for the writer's turn no longer than a repetition may wait.
///
/// # Errors
/// [`IdempotencyError::InProgress`] when the turn does not come in time.
pub async fn open(domain: &Domain, claim: Option<&Claim>) -> Result<Txn, IdempotencyError> {
    if claim.is_none() {
        return Ok(domain.db.write().await?);
    }
    let wait_max = Duration::from_millis(domain.settings.keeping.idempotency_wait_ms.into());
    let txn = tokio::time::timeout(wait_max, domain.db.write()).await.map_err(|_| IdempotencyError::InProgress)??;
    Ok(txn)
}

/// Take the key for this transaction: `None` means go on, an answer means that this is a repetition. While another transaction
/// holds the key, this waits for its end.
///
/// # Errors
/// [`IdempotencyError::Reused`] for another body, [`IdempotencyError::InProgress`] when the other transaction does not end in time.
pub async fn claim<T: DeserializeOwned>(domain: &Domain, txn: &Txn, claim: Option<&Claim>) -> Result<Option<T>, IdempotencyError> {
    let Some(claim) = claim else { return Ok(None) };
    let (engine, now) = (txn.engine(), txn.engine().now_sql());
    if engine == Engine::Postgres {
        txn.execute_unprepared(&format!("SET LOCAL lock_timeout = {}", domain.settings.keeping.idempotency_wait_ms.max(1))).await?;
    }
    let take = format!(
        "INSERT INTO idempotency_keys (scope_hash, body_hash, answer, created_at, expires_at) VALUES ($1, $2, NULL, {now}, {now} + $3)
         ON CONFLICT (scope_hash) DO UPDATE SET body_hash = excluded.body_hash, answer = NULL, created_at = excluded.created_at, expires_at = excluded.expires_at
         WHERE idempotency_keys.expires_at <= {now}
         RETURNING scope_hash"
    );
    let kept_us = i64::from(domain.settings.keeping.idempotency_seconds) * 1_000_000;
    let values = [claim.scope_hash.as_str().into(), claim.body_hash.as_str().into(), kept_us.into()];
    let taken = txn.query_one_raw(statement(engine, take, values)).await.map_err(|error| match refusal(&error).as_deref() {
        Some("55P03") => IdempotencyError::InProgress,
        _ => error.into(),
    })?;
    if engine == Engine::Postgres {
        txn.execute_unprepared("SET LOCAL lock_timeout TO DEFAULT").await?;
    }
    if taken.is_some() {
        return Ok(None);
    }
    match kept(&**txn, engine, claim).await? {
        Some(row) => answer(row, claim).map(Some),
        // It expired or was pruned between two statements; the next try finds the key free.
        None => Err(IdempotencyError::InProgress),
    }
}

/// Keep the answer under the key that this transaction has taken.
///
/// # Errors
/// When the database refuses; the transaction is spoilt then.
pub async fn keep<T: Serialize>(txn: &Txn, claim: Option<&Claim>, answer: &T) -> Result<(), IdempotencyError> {
    let Some(claim) = claim else { return Ok(()) };
    let answer = serde_json::to_value(answer).map_err(|source| IdempotencyError::Unreadable { source })?;
    let sql = "UPDATE idempotency_keys SET answer = $2 WHERE scope_hash = $1";
    txn.execute_raw(statement(txn.engine(), sql, [claim.scope_hash.as_str().into(), answer.into()])).await?;
    Ok(())
}

/// Give the key back in a transaction that keeps something else, such as a failed try: the request counts as not carried out, and its key is free.
///
/// # Errors
/// When the database refuses.
pub async fn release(txn: &Txn, claim: Option<&Claim>) -> Result<(), IdempotencyError> {
    let Some(claim) = claim else { return Ok(()) };
    let sql = "DELETE FROM idempotency_keys WHERE scope_hash = $1";
    txn.execute_raw(statement(txn.engine(), sql, [claim.scope_hash.as_str().into()])).await?;
    Ok(())
}

async fn kept(db: &impl ConnectionTrait, engine: Engine, claim: &Claim) -> Result<Option<idempotency_key::Model>, IdempotencyError> {
    let sql = format!("SELECT * FROM idempotency_keys WHERE scope_hash = $1 AND expires_at > {}", engine.now_sql());
    let find = statement(engine, sql, [claim.scope_hash.as_str().into()]);
    Ok(idempotency_key::Entity::find().from_raw_sql(find).one(db).await?)
}

fn answer<T: DeserializeOwned>(row: idempotency_key::Model, claim: &Claim) -> Result<T, IdempotencyError> {
    if row.body_hash != claim.body_hash {
        return Err(IdempotencyError::Reused);
    }
    let answer = row.answer.ok_or(IdempotencyError::InProgress)?;
    serde_json::from_value(answer).map_err(|source| IdempotencyError::Unreadable { source })
}

fn hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

/// One text for all spellings of a JSON value: the fields of objects in order of their names.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<_> = fields.iter().collect();
            names.sort_by_key(|(name, _)| *name);
            let fields: Vec<_> = names.iter().map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), canonical(value))).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        // One number has many spellings: 1, 1.0 and 1e0.
        #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53 is itself in both types")]
        Value::Number(number) => match number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0 && float.abs() < EXACT_BELOW)
        {
            Some(whole) => (whole as i64).to_string(),
            None => number.to_string(),
        },
        plain => plain.to_string(),
    }
}
