//! The schema's history, one for SQLite and PostgreSQL.
//!
//! A step is one SQL text in which `{uuid}` and `{json}` stand for the engine's own type; everything else is spelled alike on both.
//! Times are microseconds since 1970-01-01 UTC in `BIGINT`, so that one statement serves both engines.

mod dialect;
mod history;
mod indexes;

pub use indexes::{MissingIndex, missing_indexes};
pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

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
