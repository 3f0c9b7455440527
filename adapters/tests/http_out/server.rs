//! Servers that say what a story wants, byte for byte.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use testkit::spawn;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

/// Says the same to everybody who connects.
pub struct Server {
    pub port: u16,
    connections: Arc<AtomicUsize>,
    seen: Arc<Mutex<String>>,
}

#[derive(Clone, Copy)]
enum Then {
    Closes,
    Stays,
    Repeats(&'static str),
}

impl Server {
    pub async fn answering(says: &str) -> Self {
        Self::at("127.0.0.1", 0, says).await
    }

    pub async fn at(host: &str, port: u16, says: &str) -> Self {
        Self::open(host, port, says, Then::Closes).await
    }

    /// Leaves the connection open after it.
    pub async fn answering_and_staying(says: &str) -> Self {
        Self::open("127.0.0.1", 0, says, Then::Stays).await
    }

    /// Says something else again and again after it.
    pub async fn repeating(says: &str, again: &'static str) -> Self {
        Self::open("127.0.0.1", 0, says, Then::Repeats(again)).await
    }

    async fn open(host: &str, port: u16, says: &str, then: Then) -> Self {
        let address: SocketAddr = format!("{host}:{port}").parse().unwrap();
        let listener = TcpListener::bind(address).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, seen, says) = (Arc::new(AtomicUsize::new(0)), Arc::default(), says.to_owned());
        let server = Self { port, connections: Arc::clone(&connections), seen: Arc::clone(&seen) };
        spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                spawn(converse(stream, says.clone(), then, Arc::clone(&seen)));
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// What the last one to connect said.
    pub async fn seen(&self) -> String {
        self.seen.lock().await.clone()
    }
}

async fn converse(mut stream: TcpStream, says: String, then: Then, seen: Arc<Mutex<String>>) {
    let mut said = vec![0; 64 * 1024];
    let length = stream.read(&mut said).await.unwrap_or(0);
    let mut text = String::from_utf8_lossy(&said[..length]).into_owned();
    // The body may come by itself.
    if text.starts_with("POST") && text.ends_with("\r\n\r\n") {
        let more = stream.read(&mut said).await.unwrap_or(0);
        text.push_str(&String::from_utf8_lossy(&said[..more]));
    }
    *seen.lock().await = text;
    let mut alive = stream.write_all(says.as_bytes()).await.is_ok();
    match then {
        Then::Closes => {}
        Then::Stays => while stream.read(&mut said).await.is_ok_and(|read| read > 0) {},
        Then::Repeats(again) => {
            while alive {
                alive = stream.write_all(again.as_bytes()).await.is_ok();
            }
        }
    }
}
