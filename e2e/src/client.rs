//! The API over HTTP, as a caller with a token.

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// A caller.
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Client {
    #[must_use]
    pub fn new(base: &str, token: &str) -> Self {
        Self { http: reqwest::Client::new(), base: base.to_owned(), token: token.to_owned() }
    }

    /// Where the API is.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The same caller at the API that another one calls.
    #[must_use]
    pub fn at(&self, other: &Self) -> Self {
        Self::new(&other.base, &self.token)
    }

    /// # Panics
    /// When nobody answers.
    pub async fn get(&self, path: &str) -> Answer {
        self.try_send(Method::GET, path, &[], None).await.unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// # Panics
    /// When nobody answers.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_with(path, &[], body).await
    }

    /// # Panics
    /// When nobody answers.
    pub async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.try_send(Method::POST, path, headers, Some(body)).await.unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    /// # Errors
    /// When nobody answers.
    pub async fn try_send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> reqwest::Result<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status, headers, body })
    }
}

impl Answer {
    /// The body, if the status is this one.
    ///
    /// # Panics
    /// When it is another one.
    #[must_use]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self.body
    }

    /// A header as text, empty when it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The status with the last part of the problem's type.
    #[must_use]
    pub fn problem(&self) -> (u16, &str) {
        let kind = self.body["type"].as_str().and_then(|kind| kind.rsplit('/').next());
        (self.status.as_u16(), kind.unwrap_or_default())
    }
}
