//! The limiter over Redis: one script, on the server's clock.

use std::sync::LazyLock;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::limiter::{Bucket, Limiter, LimiterError, Taken};
use redis::aio::MultiplexedConnection;
use redis::{Client, RedisError, Script};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long one question may take. A caller waits for it, so whoever keeps buckets in the database instead is faster than this.
const ANSWER_MAX: Duration = Duration::from_millis(250);
/// How long a Redis that did not answer is left alone.
const AWAY: Duration = Duration::from_secs(1);

/// `KEYS[1]` is the bucket; `ARGV` are units, microseconds of one unit, microseconds of all. Answers units taken and microseconds until all are free.
/// A bucket that is full again is none: its key ends by itself.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local units, interval, span = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local taken = math.min(units, math.floor((now + span - full) / interval))
if taken < 1 then return {0, full - now} end
full = full + taken * interval
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return {taken, full - now}
",
    )
});

/// Buckets in Redis.
pub struct RedisLimiter {
    client: Client,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    open: Option<MultiplexedConnection>,
    away_until: Option<Instant>,
}

impl RedisLimiter {
    /// Nothing is connected before the first question.
    ///
    /// # Errors
    /// When the URL is none of Redis.
    pub fn new(url: &str) -> Result<Self, LimiterError> {
        let client = Client::open(url).map_err(|error| away(&error))?;
        Ok(Self { client, line: Mutex::default() })
    }

    /// The one connection, which any number of questions share.
    async fn connection(&self) -> Result<MultiplexedConnection, LimiterError> {
        let mut line = self.line.lock().await;
        if let Some(open) = &line.open {
            return Ok(open.clone());
        }
        if line.away_until.is_some_and(|until| until > Instant::now()) {
            return Err(LimiterError { reason: "Redis did not answer a moment ago".into() });
        }
        let connected = within(self.client.get_multiplexed_async_connection()).await;
        match connected {
            Ok(open) => {
                if line.away_until.take().is_some() {
                    tracing::info!("Redis is back; it counts again");
                }
                line.open = Some(open.clone());
                Ok(open)
            }
            Err(error) => Err(line.lost(error)),
        }
    }
}

impl Line {
    fn lost(&mut self, error: LimiterError) -> LimiterError {
        if self.away_until.is_none() {
            tracing::warn!(error = error.reason, "Redis is away; the database counts until it is back");
        }
        self.open = None;
        self.away_until = Some(Instant::now() + AWAY);
        error
    }
}

#[async_trait]
impl Limiter for RedisLimiter {
    async fn take(&self, bucket: &Bucket, units: u32) -> Result<Taken, LimiterError> {
        let mut connection = self.connection().await?;
        let mut question = TAKE.prepare_invoke();
        question.key(format!("tallyman:limit:{}", bucket.key)).arg(units).arg(bucket.interval_us).arg(bucket.span_us());
        let answer = within(question.invoke_async::<(u32, u64)>(&mut connection)).await;
        match answer {
            Ok((units, full_in_us)) => Ok(Taken { units, full_in: Duration::from_micros(full_in_us) }),
            Err(error) => Err(self.line.lock().await.lost(error)),
        }
    }
}

async fn within<T>(question: impl Future<Output = Result<T, RedisError>>) -> Result<T, LimiterError> {
    match tokio::time::timeout(ANSWER_MAX, question).await {
        Ok(answer) => answer.map_err(|error| away(&error)),
        Err(_) => Err(LimiterError { reason: format!("no answer within {} ms", ANSWER_MAX.as_millis()) }),
    }
}

fn away(error: &RedisError) -> LimiterError {
    LimiterError { reason: error.to_string() }
}
