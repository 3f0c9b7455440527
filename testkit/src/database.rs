//! A database of its own for each test, migrated, on either engine.

use std::sync::Arc;

use migrations::{Migrator, MigratorTrait as _};
use platform::{Db, DbSettings, Ids, SystemClock};
use sea_orm::{ConnectionTrait as _, DatabaseBackend, Statement};
use tempfile::TempDir;

use crate::engines::handed;

/// What a test runs on. One suite, every engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
    /// PostgreSQL with wake-ups over Redis.
    PostgresRedis,
}

/// A fresh database.
pub struct Database {
    pub db: Db,
    pub url: String,
    pub kind: Kind,
    folder: Option<TempDir>,
}

impl Database {
    /// # Panics
    /// When the engine that `./test` starts is not there.
    pub async fn new(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir().expect("the temporary directory can be written");
                let url = format!("sqlite://{}?mode=rwc", folder.path().join("tallyman.db").display());
                let db = connect(&url).await;
                Migrator::up(db.connection(), None).await.expect("the schema can be made");
                Self { db, url, kind, folder: Some(folder) }
            }
            Kind::Postgres | Kind::PostgresRedis => {
                let mut database = Self::on_server(&handed("TEST_POSTGRES_URL")).await;
                database.kind = kind;
                database
            }
        }
    }

    /// On a PostgreSQL server of the test's own, which may be stopped and started again.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn on_server(url: &str) -> Self {
        let url = from_template(url).await;
        Self { db: connect(&url).await, url, kind: Kind::Postgres, folder: None }
    }

    /// Another pool of connections to the same database, as another process would have.
    pub async fn again(&self) -> Db {
        connect(&self.url).await
    }

    /// Where Redis listens, for the kind that has it.
    #[must_use]
    pub fn redis_url(&self) -> Option<String> {
        (self.kind == Kind::PostgresRedis).then(|| handed("TEST_REDIS_URL"))
    }

    /// Run one statement for its effect.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn execute(&self, sql: &str) {
        self.db.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The number that one statement answers.
    ///
    /// # Panics
    /// When it does not answer a number.
    pub async fn count(&self, sql: &str) -> i64 {
        let backend = if self.kind == Kind::Sqlite { DatabaseBackend::Sqlite } else { DatabaseBackend::Postgres };
        let row = self.db.query_one_raw(Statement::from_string(backend, sql)).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        row.and_then(|row| row.try_get_by_index(0).ok()).unwrap_or_else(|| panic!("{sql}: no number"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        drop(self.folder.take());
    }
}

async fn connect(url: &str) -> Db {
    let settings = DbSettings { synchronous: platform::Synchronous::Normal, ..DbSettings::default() };
    Db::connect(&settings, url).await.unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// A copy of a migrated template, which the first test that comes makes for all.
async fn from_template(admin_url: &str) -> String {
    let admin = connect(admin_url).await;
    let template = format!("template_{:016x}", migrations::fingerprint());
    let (base, _) = admin_url.rsplit_once('/').expect("a PostgreSQL URL names a database");
    let name = format!("test_{}", Ids::new(Arc::new(SystemClock)).next::<uuid::Uuid>().as_simple());
    let lock = admin.write().await.expect("a connection");
    let run = async |sql: String| lock.execute_unprepared(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    run("SELECT pg_advisory_xact_lock(7140)".into()).await;
    let there = format!("SELECT 1 FROM pg_database WHERE datname = '{template}'");
    if admin.query_one_raw(Statement::from_string(DatabaseBackend::Postgres, there)).await.expect("it answers").is_none() {
        let half = format!("{template}_half");
        for sql in [format!("DROP DATABASE IF EXISTS {half}"), format!("CREATE DATABASE {half}")] {
            admin.execute_unprepared(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
        let making = connect(&format!("{base}/{half}")).await;
        Migrator::up(making.connection(), None).await.expect("the schema can be made");
        making.connection().clone().close().await.expect("the connections close");
        admin.execute_unprepared(&format!("ALTER DATABASE {half} RENAME TO {template}")).await.expect("the template gets its name");
    }
    let copy = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY");
    admin.execute_unprepared(&copy).await.unwrap_or_else(|error| panic!("{copy}: {error}"));
    lock.commit().await.expect("the lock is let go");
    format!("{base}/{name}")
}
