//! Listening, and leaving in order.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use poem::Server;
use poem::listener::TcpAcceptor;
use tokio::net::TcpListener;

use crate::app::{App, endpoint};

/// How long a connection may be silent.
const IDLE_MAX: Duration = Duration::from_mins(2);

/// An address that is ours from here on. Whoever calls before [`serve`] waits.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

/// The address is not to be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}; set PORT to a port that is free, or end the program that has this one")]
pub struct ListenError {
    address: SocketAddr,
    source: std::io::Error,
}

/// The server broke.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve on {address}")]
pub struct ServeError {
    address: SocketAddr,
    source: std::io::Error,
}

impl Listener {
    /// Take an address; port 0 takes one that is free.
    ///
    /// # Errors
    /// When somebody else has it.
    pub async fn bind(address: SocketAddr) -> Result<Self, ListenError> {
        let bound = async {
            let listener = TcpListener::bind(address).await?;
            let address = listener.local_addr()?;
            Ok(Self { listener, address })
        };
        bound.await.map_err(|source| ListenError { address, source })
    }

    /// The address that was taken.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Serve until `shutdown` resolves, then take no new connections and wait for the requests in flight, but not forever.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(app: App, listener: Listener, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), ServeError> {
    let Listener { listener, address } = listener;
    let broken = |source| ServeError { address, source };
    let drain = Duration::from_secs(app.settings.drain_seconds_max);
    let acceptor = TcpAcceptor::from_tokio(listener).map_err(broken)?;
    let server = Server::new_with_acceptor(acceptor).idle_timeout(IDLE_MAX).name("api");
    server.run_with_graceful_shutdown(endpoint(app), shutdown, Some(drain)).await.map_err(broken)
}
