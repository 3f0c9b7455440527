//! For other services: the pushing half of `apalis-redis`, set up so that it is sound.

use std::time::Duration;

use apalis_core::backend::TaskSink as _;
use apalis_core::error::BoxDynError;
use apalis_core::task::Task;
use apalis_core::task::builder::TaskBuilder;
use apalis_core::task::task_id::TaskId;
use apalis_redis::{Config, ConnectionManager, RedisStorage};
use redis::aio::ConnectionManagerConfig;
use serde_json::Value;

use super::message::Message;

/// How long Redis remembers a task id by itself. `apalis-redis` deletes the memory at once when no time is set.
const REMEMBERED: Duration = Duration::from_hours(1);

/// Tasks of one push: the whole batch is one script, and Redis does nothing else meanwhile.
const BATCH: usize = 500;

const ANSWER: Duration = Duration::from_secs(10);

/// Pushes jobs to one ingress queue. Cheap to clone.
///
/// The task id is the caller's and says what is the same: pushed twice, it is one job. So a push whose answer was lost is pushed again.
///
/// ```no_run
/// # async fn example() -> Result<(), jobs::ingress::PushError> {
/// let orders = jobs::ingress::Producer::connect("redis://127.0.0.1:6379", "orders").await?;
/// orders.push("probe", serde_json::json!({ "action": "succeed" }), "order-4711").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Producer {
    storage: RedisStorage<Message>,
}

/// A push did not arrive, or its answer did not. Push again with the same task id.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    #[error("Redis cannot be reached")]
    Connect(#[from] redis::RedisError),
    #[error("Redis did not take the jobs")]
    Push(#[source] BoxDynError),
}

impl Producer {
    /// Connect to the Redis at `url` for pushing to `queue`. A connection that is lost later is made again by itself.
    ///
    /// # Errors
    /// When the URL cannot be read or Redis does not answer.
    pub async fn connect(url: &str, queue: &str) -> Result<Self, PushError> {
        let config = ConnectionManagerConfig::new().set_response_timeout(Some(ANSWER)).set_connection_timeout(Some(ANSWER));
        let connection = ConnectionManager::new_with_config(redis::Client::open(url)?, config).await?;
        let config = Config::default().queue(queue).idempotency_ttl(Some(REMEMBERED));
        Ok(Self { storage: RedisStorage::new(connection).with_config(config) })
    }

    /// Push one job.
    ///
    /// # Errors
    /// When Redis does not take it, or its answer is lost; the job may be there then.
    pub async fn push(&self, kind: impl Into<String>, payload: Value, task_id: impl Into<String>) -> Result<(), PushError> {
        self.push_all([(task_id.into(), Message { kind: kind.into(), payload })]).await
    }

    /// Push many jobs, each with its task id, some hundred at a time.
    ///
    /// # Errors
    /// As [`Producer::push`]; the first of them may be there then.
    pub async fn push_all(&self, jobs: impl IntoIterator<Item = (String, Message)>) -> Result<(), PushError> {
        let mut jobs = jobs.into_iter();
        loop {
            let tasks: Vec<_> = jobs.by_ref().take(BATCH).map(|(task_id, message)| task(task_id, message)).collect();
            if tasks.is_empty() {
                return Ok(());
            }
            // A clone has a buffer of its own: what a cancelled push left in one would be sent in place of the next.
            self.storage.clone().push_all(futures::stream::iter(tasks)).await.map_err(|error| PushError::Push(error.into()))?;
        }
    }
}

fn task(task_id: String, message: Message) -> Task<Message> {
    TaskBuilder::new(message).idempotency_key(&task_id).task_id(TaskId::from_string(task_id)).build()
}
