//! Looking for deposits as soon as the node says that something happened, and not only by the clock. Without it everything is found some seconds later.

use std::error::Error;
use std::time::Duration;

use domain::Domain;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How long a line is kept before the accounts are read anew.
const LINE_MAX: Duration = Duration::from_mins(10);
/// How long to wait for a node that gives no line, and for accounts to be opened.
const AGAIN: Duration = Duration::from_secs(5);
/// More hints than one in this time say nothing new.
const HINT_EVERY: Duration = Duration::from_secs(1);

/// Listen until `stop` fires.
pub async fn hear_of_deposits(domain: Domain, ws_url: String, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let line = tokio::time::timeout(LINE_MAX, Box::pin(hear(&domain, &ws_url)));
        if let Some(Ok(())) = stop.run_until_cancelled(line).await {
            let _ = stop.run_until_cancelled(tokio::time::sleep(AGAIN)).await;
        }
    }
}

async fn hear(domain: &Domain, ws_url: &str) {
    let accounts = match domain.deposits().watched().await {
        Ok(accounts) if accounts.is_empty() => return,
        Ok(accounts) => accounts,
        Err(error) => return tracing::debug!(error = &error as &dyn Error, "nobody knows which accounts to listen to"),
    };
    let heard = Notify::new();
    tokio::select! {
        Err(error) = chain::listen(ws_url, &accounts, &heard) => {
            tracing::debug!(error = &error as &dyn Error, "no line to the node; deposits are found by the clock");
        }
        () = hint(domain, &heard) => {}
    }
}

/// However much is heard in a while, one look finds it all.
async fn hint(domain: &Domain, heard: &Notify) {
    loop {
        heard.notified().await;
        if let Err(error) = domain.deposits().hint().await {
            tracing::debug!(error = &error as &dyn Error, "a hint was lost");
        }
        tokio::time::sleep(HINT_EVERY).await;
    }
}
