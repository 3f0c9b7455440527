//! Listening, and leaving in order.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use poem::Server;
use poem::listener::TcpListener;

use crate::app::{App, endpoint};

/// How long a connection may be silent.
const IDLE_MAX: Duration = Duration::from_mins(2);

/// The server could not listen, or broke.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve on {address}")]
pub struct ServeError {
    address: SocketAddr,
    source: std::io::Error,
}

/// Serve until `shutdown` resolves, then take no new connections and wait for the requests in flight, but not forever.
///
/// # Errors
/// When the address cannot be bound.
pub async fn serve(app: App, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), ServeError> {
    let address = app.settings.address();
    let drain = Duration::from_secs(app.settings.drain_seconds_max);
    let server = Server::new(TcpListener::bind(address)).idle_timeout(IDLE_MAX).name("api");
    server.run_with_graceful_shutdown(endpoint(app), shutdown, Some(drain)).await.map_err(|source| ServeError { address, source })
}
