//! The schema's history, one for SQLite and PostgreSQL.
//!
//! A step is one SQL text in which `{uuid}` and `{json}` stand for the engine's own type; everything else is spelled alike on both.
//! Times are microseconds since 1970-01-01 UTC in `BIGINT`, so that one statement serves both engines.

mod dialect;
mod history;
mod indexes;

pub use indexes::{Wrong, WrongIndex, wrong_indexes};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm;
pub use sea_orm_migration::{MigrationStatus, MigratorTrait};

/// All steps, oldest first. A released step never changes; a change is a new step.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        history::steps().into_iter().map(|step| Box::new(step) as Box<dyn MigrationTrait>).collect()
    }
}

/// A number that changes with the history: tests keep one migrated template for each.
#[must_use]
pub fn fingerprint() -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    for step in history::steps() {
        (step.name, step.up, step.up_sqlite, step.up_postgres).hash(&mut hasher);
    }
    hasher.finish()
}

/// Apply every missing step, one at a time; `said` hears of each. Of several processes that start together one does it and the others wait.
///
/// # Errors
/// When a step fails; none of them is applied then.
pub async fn apply_all(db: &sea_orm::DatabaseConnection, mut said: impl FnMut(Applied<'_>)) -> Result<(), sea_orm::DbErr> {
    use sea_orm::{ConnectionTrait as _, DatabaseBackend, SqliteTransactionMode, TransactionOptions, TransactionTrait as _};
    // SQLite takes its one write lock here and PostgreSQL an advisory one: whoever comes second waits and finds nothing to do.
    let immediate = (db.get_database_backend() == DatabaseBackend::Sqlite).then_some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode: immediate, ..TransactionOptions::default() };
    let turn = db.begin_with_options(options).await?;
    if db.get_database_backend() == DatabaseBackend::Postgres {
        turn.execute_unprepared("SELECT pg_advisory_xact_lock(7140001)").await?;
    }
    let pending = Migrator::get_pending_migrations(&turn).await?;
    for (index, step) in pending.iter().enumerate() {
        let began = std::time::Instant::now();
        Migrator::up(&turn, Some(1)).await?;
        said(Applied { number: index + 1, total: pending.len(), name: step.name(), took: began.elapsed() });
    }
    turn.commit().await
}

/// One step that has been applied.
#[derive(Debug, Clone, Copy)]
pub struct Applied<'a> {
    pub number: usize,
    pub total: usize,
    pub name: &'a str,
    pub took: std::time::Duration,
}
