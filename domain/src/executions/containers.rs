//! What a sandbox creates, written down before it is created: the rows decide what a sweep may remove.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use entities::container;
use entities::id::ExecutionId;
use platform::{Db, Ids, Rng};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use uuid::Uuid;

use crate::ports::sandbox::{ContainerLog, Opened, Opening, SandboxError};
use crate::sql::{delete, is_duplicate, statement};

/// How often a uid is looked for when others take the same one at the same moment.
const TRIES_MAX: u32 = 20;

/// The containers of one worker, in SQL.
pub struct ContainerRows {
    db: Db,
    ids: Ids,
    installation: String,
    worker: String,
    /// A worker that has not been heard of for so long is gone.
    lease: Duration,
}

impl ContainerRows {
    /// `worker` is the id under which the pool signs its heartbeat.
    #[must_use]
    pub fn new(db: Db, ids: Ids, installation: impl Into<String>, worker: impl Into<String>, lease: Duration) -> Self {
        Self { db, ids, installation: installation.into(), worker: worker.into(), lease }
    }

    async fn lease_uid(&self, opening: &Opening, name: &str) -> Result<Option<u32>, DbErr> {
        let txn = self.db.write().await?;
        let live = container::Entity::find()
            .select_only()
            .column(container::Column::Uid)
            .filter(container::Column::Daemon.eq(&opening.daemon))
            .filter(container::Column::RemovedAt.is_null());
        let taken: HashSet<i64> = live.into_tuple().all(&*txn).await?.into_iter().collect();
        // Begin somewhere else each time: a uid that was just freed may still own something for a moment.
        let (first, count) = (opening.uids.start, opening.uids.end.saturating_sub(opening.uids.start));
        let chance = Uuid::as_u128(&self.ids.next()) % u128::from(count.max(1));
        let offset = u32::try_from(chance).unwrap_or(0);
        let free = (0..count).map(|step| first + (step + offset) % count).find(|uid| !taken.contains(&i64::from(*uid)));
        let Some(uid) = free else { return Err(DbErr::RecordNotFound(format!("a free uid on {}", opening.daemon))) };
        let sql = format!(
            "INSERT INTO containers (name, daemon, uid, execution_id, attempt, worker, created_at) VALUES ($1, $2, $3, $4, $5, $6, {})
             ON CONFLICT (name) DO UPDATE SET daemon = excluded.daemon, uid = excluded.uid, worker = excluded.worker,
                 created_at = excluded.created_at, removed_at = NULL",
            txn.engine().now_sql()
        );
        let (execution, attempt) = opening.run.map_or((None, None), |(id, attempt)| (Some(id), i32::try_from(attempt).ok()));
        let values = [
            name.into(),
            opening.daemon.as_str().into(),
            i64::from(uid).into(),
            execution.into(),
            attempt.into(),
            self.worker.as_str().into(),
        ];
        match txn.execute_raw(statement(txn.engine(), sql, values)).await {
            Ok(_) => txn.commit().await.map(|()| Some(uid)),
            Err(error) if is_duplicate(&error) => txn.rollback().await.map(|()| None),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl ContainerLog for ContainerRows {
    async fn open(&self, opening: Opening) -> Result<Opened, SandboxError> {
        let name = match opening.run {
            Some((execution, attempt)) => format!("tm-{}-{execution}-{attempt}", self.installation),
            None => format!("tm-{}-warm-{}", self.installation, self.ids.next::<Uuid>().as_simple()),
        };
        for _ in 0..TRIES_MAX {
            match self.lease_uid(&opening, &name).await {
                Ok(Some(uid)) => return Ok(Opened { name, uid }),
                Ok(None) => {}
                Err(DbErr::RecordNotFound(_)) => break,
                Err(error) => return Err(unrecorded("record a container", &error)),
            }
        }
        Err(SandboxError::NoUid { daemon: opening.daemon })
    }

    async fn bind(&self, name: &str, execution_id: ExecutionId, attempt: u32) -> Result<(), SandboxError> {
        let bind = container::Entity::update_many()
            .col_expr(container::Column::ExecutionId, Expr::value(execution_id))
            .col_expr(container::Column::Attempt, Expr::value(i32::try_from(attempt).unwrap_or(i32::MAX)))
            .filter(container::Column::Name.eq(name));
        let bound = async {
            let txn = self.db.write().await?;
            bind.exec(&*txn).await?;
            txn.commit().await
        };
        bound.await.map_err(|error| unrecorded("bind a container to its run", &error))
    }

    async fn close(&self, name: &str) -> Result<(), SandboxError> {
        let sql = format!("UPDATE containers SET removed_at = {} WHERE name = $1 AND removed_at IS NULL", self.db.engine().now_sql());
        let closed = async {
            let txn = self.db.write().await?;
            txn.execute_raw(statement(txn.engine(), sql, [name.into()])).await?;
            txn.commit().await
        };
        closed.await.map_err(|error| unrecorded("record that a container is gone", &error))
    }

    async fn abandoned(&self, daemon: &str) -> Result<Vec<String>, SandboxError> {
        let engine = self.db.engine();
        // A worker that has just begun may not have signed its first heartbeat yet, so a container is never abandoned before it is a lease old.
        let sql = format!(
            "SELECT c.name FROM containers c LEFT JOIN executions e ON e.id = c.execution_id LEFT JOIN workers w ON w.id = c.worker
             WHERE c.daemon = $1 AND c.removed_at IS NULL AND (
                 (c.execution_id IS NOT NULL AND (e.id IS NULL OR e.state IN ('succeeded', 'failed', 'cancelled') OR e.attempt > c.attempt))
                 OR (c.created_at < {now} - $2 AND (w.id IS NULL OR w.heartbeat_at < {now} - $2)))
             ORDER BY c.created_at",
            now = engine.now_sql()
        );
        let lease_us = i64::try_from(self.lease.as_micros()).unwrap_or(i64::MAX);
        let found = self.db.query_all_raw(statement(engine, sql, [daemon.into(), lease_us.into()])).await;
        let names = found.and_then(|rows| rows.iter().map(|row| row.try_get("", "name")).collect());
        names.map_err(|error| unrecorded("look for abandoned containers", &error))
    }
}

/// The name of this installation, made at its first start: what tells its containers from those of others on the same engine.
///
/// # Errors
/// When the database refuses.
pub async fn installation_id(db: &Db, rng: &dyn Rng) -> Result<String, DbErr> {
    let mut bytes = [0; 6];
    rng.fill(&mut bytes);
    let engine = db.engine();
    let txn = db.write().await?;
    if engine == platform::Engine::Postgres {
        txn.execute_unprepared("LOCK TABLE installation IN EXCLUSIVE MODE").await?;
    }
    let make =
        format!("INSERT INTO installation (id, created_at) SELECT $1, {} WHERE NOT EXISTS (SELECT 1 FROM installation)", engine.now_sql());
    txn.execute_raw(statement(engine, make, [hex::encode(bytes).into()])).await?;
    let row = txn.query_one_raw(statement(engine, "SELECT id FROM installation", [])).await?;
    txn.commit().await?;
    row.ok_or_else(|| DbErr::RecordNotFound("the installation's name".into()))?.try_get("", "id")
}

/// Forget up to `rows_max` containers that have been gone for a day. Answers how many.
///
/// # Errors
/// When the database refuses.
pub async fn prune_containers(db: &Db, rows_max: u32) -> Result<u64, DbErr> {
    let sql = format!(
        "DELETE FROM containers WHERE name IN (SELECT name FROM containers WHERE removed_at < {} - 86400000000 LIMIT {rows_max})",
        db.engine().now_sql()
    );
    delete(db, sql, []).await
}

fn unrecorded(attempted: &str, error: &DbErr) -> SandboxError {
    SandboxError::Engine { attempted: attempted.to_owned(), reason: error.to_string() }
}
