//! PostgreSQL `LISTEN` / `NOTIFY`, on connections of their own: a listener must not hold a place in the pool.

use std::str::FromStr as _;
use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection, PgListener};
use sea_orm::sqlx::{ConnectOptions as _, Error};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Told, keep_listening, next, read, spell};
use crate::wake::{Signal, WakeBus};

/// How long wake-ups are gathered after one was sent: hundreds of callers make no more than a thousand messages a second of it.
const GATHER: Duration = Duration::from_millis(1);

pub async fn send(url: String, mut outgoing: mpsc::UnboundedReceiver<Signal>, stop: CancellationToken) {
    let mut connection = None;
    while let Some(signals) = next(&mut outgoing, &stop).await {
        if connection.is_none() {
            connection = connect(&url).await.inspect_err(|error| tracing::debug!(%error, "no connection for wake-ups; workers poll")).ok();
        }
        let Some(open) = &mut connection else { continue };
        let (what, whom): (Vec<_>, Vec<_>) = signals.into_iter().map(spell).unzip();
        let channels: Vec<_> = what.iter().map(|what| format!("tallyman_{what}")).collect();
        let notify = sea_orm::sqlx::query("SELECT pg_notify(channel, payload) FROM unnest($1::text[], $2::text[]) AS n(channel, payload)");
        if let Err(error) = notify.bind(&channels).bind(&whom).execute(open).await {
            tracing::debug!(%error, "wake-ups were lost on the way to PostgreSQL; workers poll");
            connection = None;
        }
        tokio::time::sleep(GATHER).await;
    }
}

/// Nobody waits for the disk for a wake-up: what a crash loses of them, the poll makes good.
async fn connect(url: &str) -> Result<PgConnection, Error> {
    PgConnectOptions::from_str(url)?.options([("synchronous_commit", "off")]).connect().await
}

pub async fn receive(url: String, bus: WakeBus, stop: CancellationToken) {
    keep_listening("PostgreSQL", &bus, &stop, |told| listen(&url, &bus, told)).await;
}

async fn listen(url: &str, bus: &WakeBus, told: Told) -> Result<(), Error> {
    let mut listener = PgListener::connect(url).await?;
    listener.listen_all(["tallyman_wake", "tallyman_cancel"]).await?;
    told.forget();
    loop {
        // `None` is a connection that was lost and is back: something may have been missed.
        match listener.try_recv().await? {
            Some(note) => {
                let what = note.channel().strip_prefix("tallyman_").unwrap_or_default();
                if let Some(signal) = read(what, note.payload()) {
                    bus.deliver(signal);
                }
            }
            None => bus.deliver_all_work(),
        }
    }
}
