//! A house to knock at: the application over a real SQLite database, in process.

#![expect(dead_code, reason = "each test binary uses its part")]

use std::sync::Arc;
use std::time::Duration;

use api::auth::{SigningKey, Tokens};
use api::convention::Operations;
use api::{App, Settings};
use domain::accounts::Role;
use domain::entities::id::UserId;
use domain::{Domain, Ports};
use jobs::{Queue, WakeBus};
use migrations::{Migrator, MigratorTrait as _};
use platform::{Clock, Db, DbSettings, Ids, SystemClock, SystemRng, Tasks};
use poem::endpoint::BoxEndpoint;
use poem::test::{TestClient, TestResponse};
use poem::{EndpointExt as _, Response};
use serde_json::Value;

pub struct House {
    pub app: App,
    pub client: TestClient<BoxEndpoint<'static, Response>>,
    pub tasks: Tasks,
    _data: tempfile::TempDir,
}

/// Somebody who knocks.
#[derive(Clone)]
pub struct Guest {
    pub id: UserId,
    pub token: String,
}

impl House {
    pub async fn open() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        let data = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", data.path().join("tallyman.db").display());
        let db = Db::connect(&DbSettings::default(), &url).await.unwrap();
        Migrator::up(db.connection(), None).await.unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let queue = Queue::new(Ids::new(Arc::clone(&clock)), WakeBus::local());
        let domain = Domain::new(db, queue, Arc::clone(&clock), Arc::new(SystemRng), domain::Settings::default(), Ports::default());
        let key = SigningKey::load(None, data.path(), &SystemRng, true).unwrap();
        let tasks = Tasks::new();
        let app = App {
            operations: Operations::start(&domain, &tasks),
            domain,
            tokens: Tokens::new(key, clock),
            settings: Arc::new(settings),
            metrics: None,
            dependencies: Arc::new([]),
            pools: Arc::new([]),
            reveal: false,
        };
        let client = TestClient::new(api::endpoint(app.clone()).boxed());
        Self { app, client, tasks, _data: data }
    }

    pub async fn guest(&self, role: Role) -> Guest {
        let user = self.app.domain.accounts().issue(role, None).await.unwrap();
        let token = self.app.tokens.issue(user.id, role, None, Duration::from_mins(1)).unwrap();
        Guest { id: user.id, token }
    }

    pub async fn get(&self, guest: &Guest, path: &str) -> Answer {
        Answer::of(self.client.get(path).header("Authorization", guest.bearer()).send().await).await
    }

    pub async fn post(&self, guest: &Guest, path: &str, body: &Value) -> Answer {
        Answer::of(self.client.post(path).header("Authorization", guest.bearer()).body_json(body).send().await).await
    }
}

impl Guest {
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
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
}
