//! Statements that SeaORM cannot say. They are spelled once for both engines; the parameters are `$1`, `$2`, …

use platform::{Db, Engine, Txn};
use sea_orm::{ConnectionTrait as _, DatabaseBackend, DbErr, RuntimeErr, Statement, Value, sqlx};
use uuid::Uuid;

/// Microseconds of a day.
pub const DAY_US: i64 = 86_400_000_000;

pub fn statement(engine: Engine, sql: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Statement {
    let backend = match engine {
        Engine::Sqlite => DatabaseBackend::Sqlite,
        Engine::Postgres => DatabaseBackend::Postgres,
    };
    Statement::from_sql_and_values(backend, sql, values)
}

/// Compares a column with the ids in `$1`, any number of them: one text, so that the engines plan it once.
pub fn any_of_ids(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "IN (SELECT unhex(value) FROM json_each($1))",
        Engine::Postgres => "= ANY($1)",
    }
}

/// The parameter of [`any_of_ids`].
pub fn ids<T: Into<Uuid>>(engine: Engine, ids: impl IntoIterator<Item = T>) -> Value {
    let ids = ids.into_iter().map(Into::into);
    match engine {
        Engine::Sqlite => ids.map(|id: Uuid| id.as_simple().to_string()).collect::<serde_json::Value>().to_string().into(),
        Engine::Postgres => ids.collect::<Vec<Uuid>>().into(),
    }
}

/// Delete in a transaction of its own. Answers how many rows.
pub async fn delete(db: &Db, sql: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Result<u64, DbErr> {
    let txn = db.write().await?;
    let deleted = txn.execute_raw(statement(db.engine(), sql, values)).await?.rows_affected();
    txn.commit().await?;
    Ok(deleted)
}

/// The turn of this name: whoever asks for it next waits for the end of this transaction. SQLite lets one write at a time anyway.
pub async fn turn(txn: &Txn, name: &str) -> Result<(), DbErr> {
    if txn.engine() == Engine::Postgres {
        let wait = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
        txn.execute_raw(statement(txn.engine(), wait, [name.into()])).await?;
    }
    Ok(())
}

/// The engine's own code of a refusal: five characters of PostgreSQL, a number of SQLite.
pub fn refusal(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(source)) | DbErr::Query(RuntimeErr::SqlxError(source))) = error else { return None };
    match &**source {
        sqlx::Error::Database(error) => error.code().map(std::borrow::Cow::into_owned),
        _ => None,
    }
}

/// Whether a unique index refused a row.
pub fn is_duplicate(error: &DbErr) -> bool {
    refusal(error).is_some_and(|code| matches!(code.as_str(), "23505" | "1555" | "2067"))
}
