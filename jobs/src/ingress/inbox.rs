//! An ingress queue in Redis: the keys of `apalis-redis` 1.0, read and emptied with scripts of our own.

use std::sync::LazyLock;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisResult, Script};
use serde_json::json;

use super::message::{Found, MESSAGE_BYTES_MAX, Refusal};

/// How long one process alone reads a queue without saying so again. Only a saving: two that read at once do the same work once.
const TURN: Duration = Duration::from_secs(2);

/// The bytes after which a batch ends.
const BATCH_BYTES_MAX: usize = 4 << 20;

/// What is kept of a dead message.
const DEAD_BYTES_MAX: usize = 4 << 10;

const ANSWER: Duration = Duration::from_secs(5);

/// Answers how many wait, and the oldest of them: first those that a worker of the crate has moved to `active`, then by their time.
/// Whoever does not have the turn is told that nothing waits.
static READ: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local scheduled, active, data, turn = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local jobs_max, bytes_max, left = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local waiting = redis.call('ZCARD', scheduled) + redis.call('LLEN', active)
if waiting == 0 then return {0, {}} end
local reader = redis.call('GET', turn)
if reader and reader ~= ARGV[1] then return {0, {}} end
redis.call('SET', turn, ARGV[1], 'PX', ARGV[2])
local found = {}
local function add(id, delay_ms)
    local bytes = redis.call('HSTRLEN', data, id)
    if #found > 0 and bytes > left then return false end
    local body = ''
    if bytes <= bytes_max then body = redis.call('HGET', data, id) or '' left = left - bytes end
    for _, value in ipairs({id, delay_ms, bytes, body}) do found[#found + 1] = value end
    return true
end
local ids = redis.call('LRANGE', active, 0, jobs_max - 1)
for _, id in ipairs(ids) do
    if not add(id, 0) then return {waiting, found} end
end
if #ids == jobs_max then return {waiting, found} end
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
local timed = redis.call('ZRANGE', scheduled, 0, jobs_max - #ids - 1, 'WITHSCORES')
for i = 1, #timed, 2 do
    local delay_ms = math.max(0, math.min(tonumber(timed[i + 1]) * 1000 - now_ms, 1e15))
    if not add(timed[i], delay_ms) then break end
end
return {waiting, found}",
    )
});

/// Takes the tasks away and keeps what is said about the dead ones; one that is gone already is not counted twice.
static REMOVE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local scheduled, active, data, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
for i = 2, #ARGV, 2 do
    local id, obituary = ARGV[i], ARGV[i + 1]
    local there = redis.call('ZREM', scheduled, id)
    if there == 0 then there = redis.call('LREM', active, 1, id) end
    redis.call('HDEL', data, id)
    redis.call('DEL', KEYS[4 + i / 2])
    if there > 0 and obituary ~= '' then redis.call('LPUSH', dead, obituary) end
end
redis.call('LTRIM', dead, 0, ARGV[1] - 1)",
    )
});

static YIELD: LazyLock<Script> =
    LazyLock::new(|| Script::new("if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"));

/// What one look found.
pub struct Batch {
    /// How many waited in Redis, these included.
    pub waiting: usize,
    pub found: Vec<Found>,
}

/// One queue, over one connection.
pub struct Inbox {
    queue: String,
    reader: String,
    connection: MultiplexedConnection,
}

/// What became of a message that may leave Redis.
pub type Verdict = Result<(), Refusal>;

impl Inbox {
    /// `reader` tells this process from the others.
    pub async fn connect(client: &redis::Client, queue: &str, reader: &str) -> RedisResult<Self> {
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(ANSWER)).set_response_timeout(Some(ANSWER));
        let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        Ok(Self { queue: queue.to_owned(), reader: reader.to_owned(), connection })
    }

    pub async fn read(&mut self, jobs_max: u32) -> RedisResult<Batch> {
        let mut script = READ.key(self.key("scheduled"));
        script.key(self.key("active")).key(self.key("data")).key(self.key("ingress:reader"));
        script.arg(&self.reader).arg(millis(TURN)).arg(jobs_max).arg(MESSAGE_BYTES_MAX).arg(BATCH_BYTES_MAX);
        let (waiting, mut values): (usize, Vec<redis::Value>) = script.invoke_async(&mut self.connection).await?;
        let mut found = Vec::with_capacity(values.len() / 4);
        for message in values.chunks_exact_mut(4) {
            let [task_id, delay, bytes, body] = message else { continue };
            let (task_id, body) = (std::mem::replace(task_id, redis::Value::Nil), std::mem::replace(body, redis::Value::Nil));
            found.push(Found {
                task_id: redis::from_redis_value(task_id)?,
                delay: Duration::from_millis(redis::from_redis_value_ref(delay)?),
                bytes: redis::from_redis_value_ref(bytes)?,
                body: redis::from_redis_value(body)?,
            });
        }
        Ok(Batch { waiting, found })
    }

    /// Take messages away: those whose row is committed, and those that never become one.
    pub async fn remove(&mut self, judged: &[(Found, Verdict)], dead_messages_max: u32) -> RedisResult<()> {
        let mut script = REMOVE.key(self.key("scheduled"));
        script.key(self.key("active")).key(self.key("data")).key(self.key("ingress:dead"));
        script.arg(dead_messages_max);
        for (found, verdict) in judged {
            let meta = [self.key("meta:").as_bytes(), &found.task_id].concat();
            script
                .key(meta)
                .arg(found.task_id.as_slice())
                .arg(verdict.as_ref().err().map(|refusal| obituary(found, refusal)).unwrap_or_default());
        }
        script.invoke_async(&mut self.connection).await
    }

    /// Let another process read at once.
    pub async fn yield_turn(&mut self) -> RedisResult<()> {
        let mut script = YIELD.key(self.key("ingress:reader"));
        script.arg(&self.reader).invoke_async(&mut self.connection).await
    }

    fn key(&self, what: &str) -> String {
        format!("{}:{what}", self.queue)
    }
}

fn obituary(found: &Found, refusal: &Refusal) -> String {
    let kept = &found.body[..found.body.len().min(DEAD_BYTES_MAX)];
    let (task_id, message) = (String::from_utf8_lossy(&found.task_id), String::from_utf8_lossy(kept));
    json!({ "task_id": task_id, "reason": refusal.to_string(), "message": message, "message_bytes": found.bytes }).to_string()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
