//! HTTP/1.1 over one connection that stays open, as lean as can be: whoever measures shares the processors with what is measured.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::BoxError;

/// Somebody with a token, on a connection of their own.
pub struct Client {
    stream: BufReader<TcpStream>,
    /// The headers of every request.
    headers: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answer {
    /// # Errors
    /// With the whole answer, when it is not of this status or not JSON.
    pub fn expect(self, status: u16) -> Result<Value, BoxError> {
        if self.status == status {
            return Ok(serde_json::from_slice(&self.body)?);
        }
        Err(format!("expected {status}, got {}: {}", self.status, String::from_utf8_lossy(&self.body)).into())
    }
}

impl Client {
    /// # Errors
    /// When nobody listens there.
    pub async fn connect(address: SocketAddr, token: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let headers = format!("Host: {address}\r\nAuthorization: Bearer {token}\r\n");
        Ok(Self { stream: BufReader::new(stream), headers })
    }

    /// # Errors
    /// When the connection breaks, or the answer has no length.
    pub async fn get(&mut self, path: &str) -> Result<Answer, BoxError> {
        let request = format!("GET {path} HTTP/1.1\r\n{}\r\n", self.headers);
        self.ask(&request).await
    }

    /// `more` are header lines, each with its end.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn post(&mut self, path: &str, more: &str, body: &str) -> Result<Answer, BoxError> {
        self.send("POST", path, more, body).await
    }

    /// # Errors
    /// As [`Client::get`].
    pub async fn put(&mut self, path: &str, body: &str) -> Result<Answer, BoxError> {
        self.send("PUT", path, "", body).await
    }

    async fn send(&mut self, method: &str, path: &str, more: &str, body: &str) -> Result<Answer, BoxError> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\n{}{more}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.headers,
            body.len()
        );
        self.ask(&request).await
    }

    async fn ask(&mut self, request: &str) -> Result<Answer, BoxError> {
        self.stream.write_all(request.as_bytes()).await?;
        let mut line = String::new();
        self.stream.read_line(&mut line).await?;
        let status = line.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or("the answer is not HTTP")?;
        let mut length = None;
        loop {
            line.clear();
            self.stream.read_line(&mut line).await?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse()?);
            }
        }
        let mut body = vec![0; length.ok_or("the answer does not say how long it is")?];
        self.stream.read_exact(&mut body).await?;
        Ok(Answer { status, body })
    }
}
