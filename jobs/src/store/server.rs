//! What the database server says about itself.

use entities::Timestamp;
use platform::{Db, Engine};
use sea_orm::{ConnectionTrait as _, DbErr};

use super::sql::statement;

/// Its version: `18.1`, `3.50.2`.
///
/// # Errors
/// When the database does not answer.
pub async fn version(db: &Db) -> Result<String, DbErr> {
    let sql = match db.engine() {
        Engine::Sqlite => "SELECT sqlite_version() AS version",
        Engine::Postgres => "SELECT current_setting('server_version') AS version",
    };
    answer(db, sql, "version").await
}

/// Its time, which decides what is due.
///
/// # Errors
/// When the database does not answer.
pub async fn now(db: &Db) -> Result<Timestamp, DbErr> {
    answer(db, &format!("SELECT {} AS now", db.engine().now_sql()), "now").await
}

async fn answer<T: sea_orm::TryGetable>(db: &Db, sql: &str, column: &str) -> Result<T, DbErr> {
    let row = db.query_one_raw(statement(db.engine(), sql, [])).await?;
    row.ok_or_else(|| DbErr::RecordNotFound(column.to_owned()))?.try_get("", column)
}
