//! Workers, as their heartbeats show them.

use std::time::Duration;

use entities::worker;
use sea_orm::{EntityTrait as _, QueryOrder as _};

use super::{Ops, OpsError};

/// A worker and how long ago it was heard of.
#[derive(Debug, Clone)]
pub struct WorkerView {
    pub worker: worker::Model,
    pub heartbeat_age: Duration,
}

impl Ops<'_> {
    /// Every worker, pool by pool.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn workers(&self) -> Result<Vec<WorkerView>, OpsError> {
        let db = self.domain.db();
        let now = ::jobs::store::server::now(db).await?;
        let all = worker::Entity::find().order_by_asc(worker::Column::Pool).order_by_asc(worker::Column::Id).all(db.connection()).await?;
        Ok(all.into_iter().map(|worker| WorkerView { heartbeat_age: now.since(worker.heartbeat_at), worker }).collect())
    }
}
