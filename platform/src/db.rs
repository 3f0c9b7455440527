//! One connection pool for SQLite or PostgreSQL, and the one way to open a transaction that writes.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::Error as SqlxError;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, Database, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr, RuntimeErr, SqliteTransactionMode,
    SqlxPostgresConnector, TransactionOptions, TransactionTrait as _,
};
use serde::Deserialize;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long a database is asked why it let nobody in.
const WHY: Duration = Duration::from_secs(2);

/// Where the rows are.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DbSettings {
    /// `sqlite://path?mode=rwc` or `postgres://user@host/database`. Absent: `tallyman.db` in the data directory.
    pub url: Option<String>,
    pub connections_max: u32,
    /// How long a caller waits for a free connection.
    pub acquire_seconds_max: u64,
    /// How long a statement on SQLite waits for another process's write.
    pub busy_seconds_max: u64,
    /// SQLite only: `full` survives a power cut with every commit, `normal` may lose the last ones (never the file).
    pub synchronous: Synchronous,
}

/// How far SQLite goes to keep a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Synchronous {
    Full,
    Normal,
}

impl Default for DbSettings {
    fn default() -> Self {
        Self { url: None, connections_max: 24, acquire_seconds_max: 10, busy_seconds_max: 10, synchronous: Synchronous::Full }
    }
}

/// Which engine answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// The database's time in microseconds since 1970, as an expression for the inside of a statement.
    #[must_use]
    pub fn now_sql(self) -> &'static str {
        match self {
            Self::Sqlite => "CAST(unixepoch('now', 'subsec') * 1000000 AS INTEGER)",
            Self::Postgres => "(extract(epoch FROM statement_timestamp()) * 1000000)::bigint",
        }
    }
}

/// The database. Reads go through `Deref`; writes through [`Db::write`].
#[derive(Debug, Clone)]
pub struct Db {
    connection: DatabaseConnection,
    engine: Engine,
    /// SQLite has one writer. Waiting here is fair and instant; waiting in SQLite is a sleep.
    writer: Arc<Mutex<()>>,
}

/// A transaction that writes. Dropping it rolls back.
#[derive(Debug)]
pub struct Txn {
    inner: DatabaseTransaction,
    engine: Engine,
    _turn: Option<OwnedMutexGuard<()>>,
}

/// The connections, for one statement that writes.
#[derive(Debug)]
pub struct SingleWrite<'a> {
    connection: &'a DatabaseConnection,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Db {
    /// # Errors
    /// When the URL names another engine, or the database cannot be reached.
    pub async fn connect(settings: &DbSettings, url: &str) -> Result<Self, DbErr> {
        let mut options = ConnectOptions::new(url);
        let busy = Duration::from_secs(settings.busy_seconds_max);
        let synchronous = match settings.synchronous {
            Synchronous::Full => SqliteSynchronous::Full,
            Synchronous::Normal => SqliteSynchronous::Normal,
        };
        options
            .max_connections(settings.connections_max)
            .acquire_timeout(Duration::from_secs(settings.acquire_seconds_max))
            .sqlx_logging(false)
            .test_before_acquire(false)
            .map_sqlx_sqlite_opts(move |sqlite| {
                sqlite
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(synchronous)
                    .busy_timeout(busy)
                    .foreign_keys(true)
                    .statement_cache_capacity(256)
            })
            // Compiling a statement takes longer than any of ours runs.
            .map_sqlx_postgres_opts(|postgres| postgres.statement_cache_capacity(256).application_name("tallyman").options([("jit", "off")]));
        let connection = match Database::connect(options).await {
            Ok(connection) => connection,
            Err(error) => return Err(why(url, error).await),
        };
        let engine = match connection.get_database_backend() {
            DatabaseBackend::Sqlite => Engine::Sqlite,
            DatabaseBackend::Postgres => Engine::Postgres,
            other => return Err(DbErr::Custom(format!("{other:?} is not supported: use sqlite:// or postgres://"))),
        };
        Ok(Self { connection, engine, writer: Arc::default() })
    }

    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    #[must_use]
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// The same database over at most so many connections of its own: whoever holds the others keeps nobody here waiting, and statements that
    /// come again and again meet a server that has planned them already. SQLite has one writer and one turn for everybody, so there it is the same.
    #[must_use]
    pub fn apart(self, connections_max: u32) -> Self {
        if self.engine == Engine::Sqlite {
            return self;
        }
        let shared = self.connection.get_postgres_connection_pool();
        let pool = shared.options().clone().max_connections(connections_max).connect_lazy_with((*shared.connect_options()).clone());
        Self { connection: SqlxPostgresConnector::from_sqlx_postgres_pool(pool), ..self }
    }

    /// For one single statement that writes: it is its own transaction, without the round trips of one. On SQLite it waits for the writer's turn.
    pub async fn single_write(&self) -> SingleWrite<'_> {
        let turn = match self.engine {
            Engine::Sqlite => Some(Arc::clone(&self.writer).lock_owned().await),
            Engine::Postgres => None,
        };
        SingleWrite { connection: &self.connection, _turn: turn }
    }

    /// Open a transaction that may write. On SQLite it holds the write lock from the start (`BEGIN IMMEDIATE`), so it never has to be repeated.
    ///
    /// # Errors
    /// When no connection comes free in time, or the database is gone.
    pub async fn write(&self) -> Result<Txn, DbErr> {
        let (turn, options) = match self.engine {
            Engine::Sqlite => (
                Some(Arc::clone(&self.writer).lock_owned().await),
                TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..TransactionOptions::default() },
            ),
            Engine::Postgres => (None, TransactionOptions::default()),
        };
        let inner = self.connection.begin_with_options(options).await?;
        Ok(Txn { inner, engine: self.engine, _turn: turn })
    }
}

/// A pool tries again while it is refused, and says in the end only that it has waited. One more connection says why.
async fn why(url: &str, error: DbErr) -> DbErr {
    let waited = match &error {
        DbErr::ConnectionAcquire(_) => true,
        DbErr::Conn(RuntimeErr::SqlxError(error)) => matches!(**error, SqlxError::PoolTimedOut),
        _ => false,
    };
    if !waited || !url.starts_with("postgres") {
        return error;
    }
    let asking = async { url.parse::<PgConnectOptions>()?.connect().await };
    match tokio::time::timeout(WHY, asking).await {
        Ok(Err(reason)) => DbErr::Conn(RuntimeErr::SqlxError(reason.into())),
        Ok(Ok(_)) | Err(_) => error,
    }
}

impl Deref for Db {
    type Target = DatabaseConnection;

    fn deref(&self) -> &DatabaseConnection {
        &self.connection
    }
}

impl Deref for SingleWrite<'_> {
    type Target = DatabaseConnection;

    fn deref(&self) -> &DatabaseConnection {
        self.connection
    }
}

impl Txn {
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// # Errors
    /// When the database refuses; nothing is kept then. A connection lost right here leaves the outcome unknown.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.inner.commit().await
    }

    /// # Errors
    /// When the connection is gone; nothing is kept then either.
    pub async fn rollback(self) -> Result<(), DbErr> {
        self.inner.rollback().await
    }
}

impl Deref for Txn {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.inner
    }
}
