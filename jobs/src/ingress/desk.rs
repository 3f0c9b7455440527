//! The loop at each door: read, write rows, remove.

use std::time::Duration;

use platform::{Db, Tasks};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::door::Door;
use super::inbox::{Inbox, Verdict};
use super::message::{Found, Refusal};
use super::settings::{Settings, SettingsError};
use crate::enqueue::Queue;
use crate::store::ingress_messages::{self, AdmitError, Arrival};

/// How long a desk waits before it turns to a Redis or a database again that was away.
const REST: Duration = Duration::from_millis(500);

/// Everything that this process reads from other services.
#[derive(Debug)]
pub struct Ingress {
    doors: Vec<Door>,
    settings: Settings,
    client: Option<redis::Client>,
}

/// One queue's loop.
struct Desk {
    door: Door,
    settings: Settings,
    client: redis::Client,
    reader: String,
    db: Db,
    queue: Queue,
    stop: CancellationToken,
}

/// One look at a queue went wrong.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error("Redis is away")]
    Redis(#[from] redis::RedisError),
    #[error("the rows were not written")]
    Rows(#[from] AdmitError),
}

impl Ingress {
    /// # Errors
    /// When a queue or a kind is refused, or queues are set without a Redis.
    pub fn new(settings: Settings, redis_url: Option<&str>) -> Result<Self, SettingsError> {
        let doors = settings.doors()?;
        let open = |url| redis::Client::open(url).map_err(|error| SettingsError::RedisUrl { reason: error.to_string() });
        let client = redis_url.map(open).transpose()?;
        if client.is_none() && !doors.is_empty() {
            return Err(SettingsError::NoRedis);
        }
        Ok(Self { doors, settings, client })
    }

    /// Read every queue until the process is asked to end. Any number of processes may read the same one.
    pub fn start(self, db: &Db, queue: &Queue, tasks: &Tasks) {
        let Some(client) = self.client else { return };
        for door in self.doors {
            let desk = Desk {
                door,
                settings: self.settings.clone(),
                client: client.clone(),
                reader: queue.ids().next::<Uuid>().to_string(),
                db: db.clone(),
                queue: queue.clone(),
                stop: tasks.stop(),
            };
            tasks.spawn("read an ingress queue", desk.run());
        }
    }
}

impl Desk {
    async fn run(self) {
        let mut away = false;
        while !self.stop.is_cancelled() {
            let Err(error) = self.work(&mut away).await else { return };
            if !std::mem::replace(&mut away, true) {
                tracing::warn!(%error, source = std::error::Error::source(&error), queue = self.door.queue, "the ingress waits; it tries again until it can go on");
            }
            self.pause(REST).await;
        }
    }

    /// Until `stop` fires, over one connection.
    async fn work(&self, away: &mut bool) -> Result<(), LookError> {
        let mut inbox = Inbox::connect(&self.client, &self.door.queue, &self.reader).await?;
        while !self.stop.is_cancelled() {
            let batch = inbox.read(self.settings.batch_jobs_max).await?;
            metrics::gauge!("tallyman_ingress_waiting", "queue" => self.door.queue.clone()).set(gauge(batch.waiting));
            let read = batch.found.len();
            if read > 0 {
                let judged = self.judge(batch.found).await?;
                inbox.remove(&judged, self.settings.dead_messages_max).await?;
            }
            if std::mem::take(away) {
                tracing::info!(queue = self.door.queue, "the ingress goes on");
            }
            if read == batch.waiting {
                self.pause(self.settings.poll()).await;
            }
        }
        Ok(inbox.yield_turn().await?)
    }

    /// Make rows of what can be jobs. When this returns, each message may leave Redis.
    async fn judge(&self, found: Vec<Found>) -> Result<Vec<(Found, Verdict)>, AdmitError> {
        let (mut judged, mut arrivals, mut good) = (Vec::new(), Vec::new(), Vec::new());
        for found in found {
            match found.arrival(&self.door) {
                Ok(arrival) => {
                    arrivals.push(arrival);
                    good.push(found);
                }
                Err(refusal) => judged.push((found, Err(refusal))),
            }
        }
        let verdicts = self.admit(&arrivals).await?;
        judged.extend(good.into_iter().zip(verdicts));
        for (found, refusal) in judged.iter().filter_map(|(found, verdict)| Some((found, verdict.as_ref().err()?))) {
            let task_id = String::from_utf8_lossy(&found.task_id);
            tracing::warn!(queue = self.door.queue, %task_id, reason = %refusal, "a message cannot become a job; it is on the dead list");
            self.count("dead", 1);
        }
        Ok(judged)
    }

    /// One transaction for all. When the database refuses a value in it, the halves are tried, until the message is found that is to blame.
    async fn admit(&self, arrivals: &[Arrival]) -> Result<Vec<Verdict>, AdmitError> {
        let mut verdicts = Vec::with_capacity(arrivals.len());
        let mut parts = vec![arrivals];
        while let Some(part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            match ingress_messages::admit(&self.db, &self.queue, &self.door.queue, part).await {
                Ok(accepted) => {
                    self.count("accepted", accepted);
                    self.count("repeated", part.len() - accepted);
                    verdicts.extend(part.iter().map(|_| Ok(())));
                }
                Err(error) => match (error.refused(), part) {
                    (Some(reason), [_]) => verdicts.push(Err(Refusal::Database(reason))),
                    (Some(_), _) => {
                        let (first, second) = part.split_at(part.len() / 2);
                        parts.extend([second, first]);
                    }
                    (None, _) => return Err(error),
                },
            }
        }
        Ok(verdicts)
    }

    fn count(&self, outcome: &'static str, messages: usize) {
        let counter = metrics::counter!("tallyman_ingress_messages_total", "queue" => self.door.queue.clone(), "outcome" => outcome);
        counter.increment(u64::try_from(messages).unwrap_or(u64::MAX));
    }

    async fn pause(&self, long: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(long) => {}
        }
    }
}

fn gauge(number: usize) -> f64 {
    u32::try_from(number).unwrap_or(u32::MAX).into()
}
