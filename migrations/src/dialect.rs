//! One SQL text, two engines.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DatabaseBackend, DbErr};

/// One step of the history.
pub struct Step {
    pub name: &'static str,
    /// Spelled alike on both engines, but for `{uuid}` and `{json}`.
    pub up: &'static str,
    pub up_sqlite: &'static str,
    pub up_postgres: &'static str,
    pub down: &'static str,
    pub down_sqlite: &'static str,
    pub down_postgres: &'static str,
}

impl Step {
    /// The SQL that an engine runs to take this step.
    pub fn up_for(&self, engine: DatabaseBackend) -> Result<String, DbErr> {
        let (uuid, json, extra) = match engine {
            DatabaseBackend::Sqlite => ("BLOB", "TEXT", self.up_sqlite),
            DatabaseBackend::Postgres => ("UUID", "JSONB", self.up_postgres),
            other => return Err(DbErr::Migration(format!("{other:?} is not supported: use SQLite or PostgreSQL"))),
        };
        Ok(format!("{}\n{extra}", self.up.replace("{uuid}", uuid).replace("{json}", json)))
    }
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = self.up_for(manager.get_database_backend())?;
        manager.get_connection().execute_unprepared(&sql).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared(self.down).await?;
        let own = if manager.get_database_backend() == DatabaseBackend::Postgres { self.down_postgres } else { self.down_sqlite };
        db.execute_unprepared(own).await?;
        Ok(())
    }
}
