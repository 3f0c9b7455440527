//! Hearing of transactions as they happen, over the node's subscriptions. It is a hint and no more: nodes drop lines, and lines drop messages.

use std::convert::Infallible;
use std::time::Duration;

use domain::entities::Address;
use domain::ports::chain::ChainError;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

const CALL: &str = "logsSubscribe";
const CONNECT_MAX: Duration = Duration::from_secs(15);
/// A line that is silent for so long is asked whether it lives, and given up after as long again.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Notify `heard` whenever a final transaction mentions one of these addresses, until the line breaks.
///
/// # Errors
/// When there is no line, or none any more. The URL, in which a key may stand, is not in it.
pub async fn listen(ws_url: &str, addresses: &[Address], heard: &Notify) -> Result<Infallible, ChainError> {
    let connecting = tokio::time::timeout(CONNECT_MAX, connect_async(ws_url)).await;
    let (mut line, _) = connecting.map_err(|_| broken("no answer in time"))?.map_err(|_| broken("no connection"))?;
    for (id, address) in (0_u32..).zip(addresses) {
        let params = json!([{ "mentions": [address.to_string()] }, { "commitment": "finalized" }]);
        let ask = json!({ "jsonrpc": "2.0", "id": id, "method": CALL, "params": params });
        line.send(Message::text(ask.to_string())).await.map_err(|_| broken("the connection broke"))?;
    }
    let mut is_asked = false;
    loop {
        match tokio::time::timeout(SILENCE_MAX, line.next()).await {
            Err(_) if is_asked => return Err(broken("the line is silent")),
            Err(_) => {
                is_asked = true;
                line.send(Message::Ping(Vec::new().into())).await.map_err(|_| broken("the connection broke"))?;
            }
            Ok(None | Some(Err(_))) => return Err(broken("the connection broke")),
            Ok(Some(Ok(said))) => {
                is_asked = false;
                if is_notice(&said) {
                    heard.notify_one();
                }
            }
        }
    }
}

fn is_notice(said: &Message) -> bool {
    let Message::Text(text) = said else { return false };
    serde_json::from_str::<Value>(text).is_ok_and(|said| said["method"] == "logsNotification")
}

fn broken(reason: &str) -> ChainError {
    ChainError::Unavailable { call: CALL, reason: reason.into() }
}
