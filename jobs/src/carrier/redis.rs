//! Redis pub/sub.

use futures::StreamExt as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{RECONNECT, gather, read, spell};
use crate::wake::{Signal, WakeBus};

fn channel(signal: Signal) -> (String, String) {
    match spell(signal) {
        ("wake", pool) => (format!("tallyman:wake:{pool}"), String::new()),
        (what, whom) => (format!("tallyman:{what}"), whom),
    }
}

pub async fn send(url: String, mut outgoing: mpsc::UnboundedReceiver<Signal>, stop: CancellationToken) {
    let mut connection = None;
    loop {
        let signals = tokio::select! {
            () = stop.cancelled() => return,
            signals = gather(&mut outgoing) => signals,
        };
        let Some(signals) = signals else { return };
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
    let mut told = false;
    while !stop.is_cancelled() {
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            ended = listen(&url, &bus) => ended,
        };
        if let Err(error) = ended
            && !std::mem::replace(&mut told, true)
        {
            tracing::warn!(%error, "Redis is away; workers poll until it is back");
        }
        // What was published meanwhile is gone: let every pool look once.
        bus.deliver_all_work();
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn listen(url: &str, bus: &WakeBus) -> redis::RedisResult<()> {
    let mut subscriber = redis::Client::open(url)?.get_async_pubsub().await?;
    subscriber.psubscribe("tallyman:wake:*").await?;
    subscriber.subscribe("tallyman:cancel").await?;
    let mut messages = subscriber.into_on_message();
    while let Some(message) = messages.next().await {
        let channel = message.get_channel_name();
        let signal = match channel.strip_prefix("tallyman:wake:") {
            Some(pool) => read("wake", pool),
            None => message.get_payload::<String>().ok().and_then(|job| read("cancel", &job)),
        };
        if let Some(signal) = signal {
            bus.deliver(signal);
        }
    }
    Ok(())
}

/// The version of the server: `7.0.15`.
pub async fn version(url: &str) -> redis::RedisResult<String> {
    let mut connection = connect(url).await?;
    let info: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await?;
    let version = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
    Ok(version.unwrap_or("of unknown version").trim().to_owned())
}
