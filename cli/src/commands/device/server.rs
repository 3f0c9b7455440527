//! The API as a device sees it.

use std::error::Error;
use std::time::Duration;

use adapters::http_out::{GuardedHttp, Settings};
use api::signature::sign;
use domain::entities::id::DeviceLinkId;
use domain::ports::http_out::{HttpAnswer, HttpOut as _, HttpRequest, Method};
use ed25519_dalek::SigningKey;
use platform::{Clock as _, Rng as _, SystemClock, SystemRng};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: usize = 256 * 1024;

pub struct Server {
    http: GuardedHttp,
    base: String,
    authority: String,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// # Errors
    /// With the problem's own words, when it is of another status.
    pub fn expect(self, status: u16) -> Result<Value, String> {
        if self.status == status { Ok(self.body) } else { Err(self.refusal()) }
    }

    /// What the server said, for people.
    pub fn refusal(&self) -> String {
        let said = [&self.body["detail"], &self.body["title"]].into_iter().find_map(Value::as_str).unwrap_or("no problem document");
        format!("the server answers {}: {said}", self.status)
    }
}

impl From<HttpAnswer> for Answer {
    fn from(answer: HttpAnswer) -> Self {
        Self { status: answer.status, body: serde_json::from_slice(&answer.body).unwrap_or_default() }
    }
}

impl Server {
    /// # Errors
    /// When the URL names no server.
    pub fn at(url: &str) -> Result<Self, Box<dyn Error>> {
        // Whoever types the address at a shell decides where it leads.
        let settings = Settings { allow_nets: vec!["0.0.0.0/0".parse()?, "::/0".parse()?], allow_http: true, ..Settings::default() };
        let base = url.trim_end_matches('/').to_owned();
        let authority = base.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or(rest).to_lowercase());
        let authority = authority.filter(|name| !name.is_empty()).ok_or_else(|| format!("`{url}` is no URL of a server"))?;
        let authority = authority.strip_suffix(":80").or_else(|| authority.strip_suffix(":443")).unwrap_or(&authority).to_owned();
        Ok(Self { http: GuardedHttp::new(settings)?, base, authority })
    }

    /// # Errors
    /// When nobody answers.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer, Box<dyn Error>> {
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
