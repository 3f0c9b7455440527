//! A house to knock at: the application over a world with a real SQLite database, in process.

use std::sync::Arc;
use std::time::Duration;

use api::auth::{SigningKey, Tokens};
use api::convention::Operations;
use api::{App, Settings};
use domain::Caller;
use domain::accounts::Role;
use platform::{Clock, SystemRng, Tasks};
use poem::endpoint::BoxEndpoint;
use poem::test::{TestClient, TestRequestBuilder, TestResponse};
use poem::{EndpointExt as _, Response};
use serde_json::Value;
use testkit::{Kind, World};

use crate::contract::Contract;

pub struct House {
    pub world: World,
    pub app: App,
    pub client: TestClient<BoxEndpoint<'static, Response>>,
    tasks: Tasks,
    _keys: tempfile::TempDir,
}

/// Somebody who knocks.
#[derive(Clone)]
pub struct Guest {
    pub caller: Caller,
    pub token: String,
}

impl House {
    pub async fn open() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        Self::over(World::new().await, settings)
    }

    /// A house where one may knock more or less often.
    pub async fn limited(limits: domain::limits::Settings) -> Self {
        let rules = domain::Settings { limits, ..domain::Settings::default() };
        Self::over(World::with(Kind::Sqlite, rules).await, Settings::default())
    }

    /// A house of this world.
    pub fn of(world: World) -> Self {
        Self::over(world, Settings::default())
    }

    fn over(world: World, settings: Settings) -> Self {
        let (keys, tasks) = (tempfile::tempdir().unwrap(), Tasks::new());
        let key = SigningKey::load(None, keys.path(), &SystemRng, true).unwrap();
        let app = App {
            operations: Operations::start(&world.domain, &tasks),
            domain: world.domain.clone(),
            tokens: Tokens::new(key, Arc::clone(&world.clock) as Arc<dyn Clock>),
            settings: Arc::new(settings),
            metrics: None,
            dependencies: Arc::new([]),
            pools: Arc::new([]),
            reveal: false,
        };
        let client = TestClient::new(Contract(api::endpoint(app.clone())).boxed());
        Self { world, app, client, tasks, _keys: keys }
    }

    pub async fn guest(&self, role: Role) -> Guest {
        let caller = self.world.caller(role).await;
        let token = self.app.tokens.issue(&caller, Duration::from_mins(1)).unwrap();
        Guest { caller, token }
    }

    pub async fn get(&self, guest: &Guest, path: &str) -> Answer {
        guest.knock(self.client.get(path)).await
    }

    pub async fn delete(&self, guest: &Guest, path: &str) -> Answer {
        guest.knock(self.client.delete(path)).await
    }

    pub async fn post(&self, guest: &Guest, path: &str, body: &Value) -> Answer {
        guest.knock(self.client.post(path).body_json(body)).await
    }

    /// The same request under an idempotency key.
    pub async fn post_as(&self, guest: &Guest, key: &str, path: &str, body: &Value) -> Answer {
        guest.knock(self.client.post(path).header("Idempotency-Key", key).body_json(body)).await
    }

    pub async fn close(self) {
        self.tasks.shut_down().await;
        self.world.finish().await;
    }
}

impl Guest {
    pub async fn knock(&self, request: TestRequestBuilder<'_, BoxEndpoint<'static, Response>>) -> Answer {
        Answer::of(request.header("Authorization", format!("Bearer {}", self.token)).send().await).await
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: poem::http::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub async fn of(response: TestResponse) -> Self {
        let response = response.0;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.into_body().into_string().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, headers, body }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The last part of the problem's type, once the whole document has been found well-formed.
    pub fn problem(&self) -> &str {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        assert_eq!(self.body["status"], self.status, "{self:?}");
        assert_eq!(self.body["error"], self.body["title"], "{self:?}");
        assert_eq!(self.body["instance"], self.header("x-request-id"), "{self:?}");
        assert!(!self.header("x-request-id").is_empty());
        self.body["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/")).unwrap_or_default()
    }

    /// The pointers of the fields that are wrong.
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| error["pointer"].as_str()).collect()
    }

    /// The texts of a member of each item of a list.
    pub fn column(&self, list: &str, member: &str) -> Vec<&str> {
        let items = self.body[list].as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(|item| item[member].as_str()).collect()
    }

    pub fn text(&self, member: &str) -> &str {
        self.body[member].as_str().unwrap_or_default()
    }
}
