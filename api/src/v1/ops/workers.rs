//! Who works.

use domain::Domain;
use domain::entities::worker::State;
use domain::ops::WorkerView;
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use crate::auth::Observer;
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::Time;

pub struct WorkersApi {
    pub domain: Domain,
}

/// Whether a worker still takes jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum WorkerState {
    Running,
    /// It ends what it holds and takes nothing new.
    Draining,
}

/// One pool of one process.
#[derive(Debug, Object)]
struct Worker {
    id: String,
    pool: String,
    host: String,
    pid: i32,
    version: String,
    state: WorkerState,
    /// How many jobs it may run at once.
    concurrency: i32,
    /// How many it runs.
    busy: i32,
    started_at: Time,
    heartbeat_at: Time,
    /// How long ago that was; more than 30,000 means that it is gone.
    heartbeat_age_ms: u32,
}

#[derive(Debug, Object)]
struct WorkerList {
    workers: Vec<Worker>,
}

impl From<WorkerView> for Worker {
    fn from(view: WorkerView) -> Self {
        let WorkerView { worker, heartbeat_age } = view;
        Self {
            id: worker.id,
            pool: worker.pool,
            host: worker.host,
            pid: worker.pid,
            version: worker.version,
            state: match worker.state {
                State::Running => WorkerState::Running,
                State::Draining => WorkerState::Draining,
            },
            concurrency: worker.concurrency,
            busy: worker.busy,
            started_at: worker.started_at.into(),
            heartbeat_at: worker.heartbeat_at.into(),
            heartbeat_age_ms: u32::try_from(heartbeat_age.as_millis()).unwrap_or(u32::MAX),
        }
    }
}

#[OpenApi(prefix_path = "/v1/ops/workers", tag = "Tag::Ops")]
impl WorkersApi {
    /// All workers
    #[oai(path = "/", method = "get", operation_id = "listWorkers")]
    async fn list(&self, _observer: Observer) -> Result<Json<WorkerList>, Problem> {
        let workers = self.domain.ops().workers().await?;
        Ok(Json(WorkerList { workers: workers.into_iter().map(Into::into).collect() }))
    }
}
