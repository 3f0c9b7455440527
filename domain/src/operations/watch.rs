//! Waiting for the end of jobs: however many callers wait, one task looks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use entities::id::JobId;
use entities::job::{self, State};
use platform::Tasks;
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use tokio::sync::{Notify, oneshot};

use crate::Domain;

/// How often the rows are looked at while somebody waits.
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// How long to leave a database alone that has just refused.
const LOOK_AFTER_REFUSAL: Duration = Duration::from_secs(1);
/// Ids in one statement.
const IDS_MAX: usize = 500;

type Waiting = HashMap<JobId, Vec<oneshot::Sender<()>>>;

/// Lets callers wait for jobs. Cheap to clone.
#[derive(Clone, Default)]
pub struct Watcher {
    waiting: Arc<Mutex<Waiting>>,
    somebody: Arc<Notify>,
}

impl Watcher {
    /// Start the task that looks. It ends with the process.
    #[must_use]
    pub fn start(domain: Domain, tasks: &Tasks) -> Self {
        let watcher = Self::default();
        let (task, stop) = (watcher.clone(), tasks.stop());
        tasks.spawn("operation watcher", async move {
            stop.run_until_cancelled(task.look_on(&domain)).await;
        });
        watcher
    }

    /// Wait for the end of a job, at most so long. Answers whether it has ended.
    pub async fn wait(&self, id: JobId, limit: Duration) -> bool {
        let (ended, end) = oneshot::channel();
        self.waiting().entry(id).or_default().push(ended);
        self.somebody.notify_one();
        matches!(tokio::time::timeout(limit, end).await, Ok(Ok(())))
    }

    async fn look_on(&self, domain: &Domain) {
        loop {
            let ids = self.wanted();
            if ids.is_empty() {
                self.somebody.notified().await;
                continue;
            }
            let pause = match ended(domain, &ids).await {
                Ok(ended) => {
                    self.tell(&ended);
                    LOOK_EVERY
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot look whether operations have ended");
                    LOOK_AFTER_REFUSAL
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// The jobs that somebody still waits for.
    fn wanted(&self) -> Vec<JobId> {
        let mut waiting = self.waiting();
        waiting.retain(|_, callers| {
            callers.retain(|caller| !caller.is_closed());
            !callers.is_empty()
        });
        waiting.keys().copied().collect()
    }

    fn tell(&self, ended: &[JobId]) {
        let mut waiting = self.waiting();
        for caller in ended.iter().filter_map(|id| waiting.remove(id)).flatten() {
            // Whoever gave up meanwhile does not listen any more.
            let _ = caller.send(());
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Those that will not change any more; a row that is gone will not either.
async fn ended(domain: &Domain, ids: &[JobId]) -> Result<Vec<JobId>, DbErr> {
    let mut ended = Vec::new();
    for some in ids.chunks(IDS_MAX) {
        let rows: Vec<(JobId, State)> = job::Entity::find()
            .select_only()
            .columns([job::Column::Id, job::Column::State])
            .filter(job::Column::Id.is_in(some.iter().copied()))
            .into_tuple()
            .all(domain.db.connection())
            .await?;
        let live: Vec<JobId> = rows.into_iter().filter(|(_, state)| !state.is_final()).map(|(id, _)| id).collect();
        ended.extend(some.iter().filter(|id| !live.contains(id)));
    }
    Ok(ended)
}
