//! The API as a device sees it.

use std::error::Error;
use std::time::Duration;

use adapters::http_out::{GuardedHttp, Settings};
use api::signature::sign;
use domain::entities::id::DeviceLinkId;
use domain::ports::http_out::{HttpAnswer, HttpOut as _, HttpOutError, HttpRequest, Method};
use domain::siws::authority;
use ed25519_dalek::SigningKey;
use platform::{Clock as _, Rng as _, SystemClock, SystemRng};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: usize = 256 * 1024;

pub struct Server {
    http: GuardedHttp,
    base: String,
    /// For whom this device signs: the server that its user named, whatever a server says of itself.
    pub authority: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// How long the server asks to be left alone.
    pub retry_after: Option<Duration>,
    pub body: Value,
}

impl Answer {
    /// # Errors
    /// With the problem's own words, when it is of another status.
    pub fn expect(self, status: u16) -> Result<Value, String> {
        if self.status == status { Ok(self.body) } else { Err(self.refusal()) }
    }

    /// Whether it is the problem of this code.
    pub fn is_problem(&self, code: &str) -> bool {
        self.body["type"].as_str().and_then(|kind| kind.rsplit('/').next()) == Some(code)
    }

    /// What the server said, for people.
    pub fn refusal(&self) -> String {
        let said = [&self.body["detail"], &self.body["title"]].into_iter().find_map(Value::as_str).unwrap_or("no problem document");
        format!("the server answers {}: {said}", self.status)
    }
}

impl From<HttpAnswer> for Answer {
    fn from(answer: HttpAnswer) -> Self {
        let retry_after = answer.header("retry-after").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
        Self { status: answer.status, retry_after, body: serde_json::from_slice(&answer.body).unwrap_or_default() }
    }
}

impl Server {
    /// # Errors
    /// When the URL names no server.
    pub fn at(url: &str) -> Result<Self, Box<dyn Error>> {
        // Whoever types the address at a shell decides where it leads.
        let settings = Settings { allow_nets: vec!["0.0.0.0/0".parse()?, "::/0".parse()?], allow_http: true, ..Settings::default() };
        let base = url.trim_end_matches('/').to_owned();
        let authority = authority(url).ok_or_else(|| format!("`{url}` is no URL of a server"))?;
        Ok(Self { http: GuardedHttp::new(settings)?, base, authority })
    }

    /// # Errors
    /// When nobody answers.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer, HttpOutError> {
        let request = HttpRequest {
            method: Method::Post,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string().into_bytes(),
            ..HttpRequest::get(format!("{}{path}", self.base), PATIENCE, ANSWER_BYTES_MAX)
        };
        Ok(self.http.send(request).await?.into())
    }

    /// Ask as the device.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn get_signed(&self, path: &str, key: &SigningKey, link: DeviceLinkId) -> Result<Answer, Box<dyn Error>> {
        let mut bytes = [0; 16];
        SystemRng.fill(&mut bytes);
        let nonce = bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        let signed = sign(key, link, ("GET", &self.authority, path), b"", (SystemClock.now().timestamp(), &nonce));
        let mut request = HttpRequest::get(format!("{}{path}", self.base), PATIENCE, ANSWER_BYTES_MAX);
        request.headers = vec![("signature-input", signed.signature_input), ("signature", signed.signature)];
        Ok(self.http.send(request).await?.into())
    }
}

#[cfg(test)]
mod tests {
    use api::problem::DEVICE_NOT_LINKED;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_device_that_is_not_linked_is_told_apart_from_every_other_refusal() {
        let refused = |code: &str| {
            let body = json!({ "type": format!("/problems/{code}"), "title": "No", "detail": "is the clock right?" });
            Answer { status: 401, retry_after: None, body }
        };
        assert!(refused("device-not-linked").is_problem(DEVICE_NOT_LINKED.code));
        let other = refused("invalid-signature");
        assert!(!other.is_problem(DEVICE_NOT_LINKED.code) && other.refusal().contains("is the clock right?"), "{other:?}");
        assert!(!Answer { status: 401, retry_after: None, body: Value::Null }.is_problem(DEVICE_NOT_LINKED.code));
    }
}
