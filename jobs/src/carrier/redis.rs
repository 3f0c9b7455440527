//! Redis pub/sub.

use std::time::Duration;

use futures::StreamExt as _;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at};
use tokio_util::sync::CancellationToken;

use super::{Told, keep_listening, next, read, spell};
use crate::wake::{Signal, WakeBus};

/// A listener that is told nothing cannot tell a quiet Redis from one that is gone, so it asks.
const PING_EVERY: Duration = Duration::from_secs(3);
/// How long Redis may take to answer a listener.
const ANSWER_MAX: Duration = Duration::from_secs(3);

fn channel(signal: Signal) -> (String, String) {
    match spell(signal) {
        ("wake", pool) => (format!("tallyman:wake:{pool}"), String::new()),
        (what, whom) => (format!("tallyman:{what}"), whom),
    }
}

pub async fn send(url: String, mut outgoing: mpsc::UnboundedReceiver<Signal>, stop: CancellationToken) {
    let mut connection = None;
    while let Some(signals) = next(&mut outgoing, &stop).await {
        if connection.is_none() {
            connection = connect(&url).await.inspect_err(|error| tracing::debug!(%error, "Redis is away; workers poll")).ok();
        }
        let Some(open) = &mut connection else { continue };
        let mut pipe = redis::pipe();
        for signal in signals {
            let (channel, message) = channel(signal);
            pipe.publish(channel, message).ignore();
        }
        if let Err(error) = pipe.query_async::<()>(open).await {
            tracing::debug!(%error, "wake-ups were lost on the way to Redis; workers poll");
            connection = None;
        }
    }
}

async fn connect(url: &str) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
    redis::Client::open(url)?.get_multiplexed_async_connection().await
}

pub async fn receive(url: String, bus: WakeBus, stop: CancellationToken) {
    keep_listening("Redis", &bus, &stop, |told| listen(&url, &bus, told)).await;
}

async fn listen(url: &str, bus: &WakeBus, told: Told) -> redis::RedisResult<()> {
    let subscribe = async {
        let mut subscriber = redis::Client::open(url)?.get_async_pubsub().await?;
        subscriber.psubscribe("tallyman:wake:*").await?;
        subscriber.subscribe("tallyman:cancel").await?;
        Ok(subscriber.split())
    };
    let (mut sink, mut messages) = answered(subscribe).await?;
    told.forget();
    let mut pings = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    loop {
        let message = tokio::select! {
            message = messages.next() => message,
            _ = pings.tick() => {
                answered(sink.ping::<redis::Value>()).await?;
                continue;
            }
        };
        let Some(message) = message else { return Ok(()) };
        let channel = message.get_channel_name();
        let signal = match channel.strip_prefix("tallyman:wake:") {
            Some(pool) => read("wake", pool),
            None => message.get_payload::<String>().ok().and_then(|job| read("cancel", &job)),
        };
        if let Some(signal) = signal {
            bus.deliver(signal);
        }
    }
}

async fn answered<T>(asked: impl Future<Output = redis::RedisResult<T>>) -> redis::RedisResult<T> {
    let late = |_| std::io::Error::new(std::io::ErrorKind::TimedOut, "Redis does not answer");
    tokio::time::timeout(ANSWER_MAX, asked).await.map_err(late)?
}

/// The version of the server: `7.0.15`.
pub async fn version(url: &str) -> redis::RedisResult<String> {
    let mut connection = connect(url).await?;
    let info: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await?;
    let version = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
    Ok(version.unwrap_or("of unknown version").trim().to_owned())
}
