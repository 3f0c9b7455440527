//! A market to trade in: the application over a world with a worker that works when it is told to.

use std::sync::Arc;
use std::time::Duration;

use api::auth::{SigningKey, Tokens};
use api::convention::Operations;
use api::{App, Settings};
use domain::Caller;
use domain::accounts::Role;
use platform::{SystemClock, SystemRng, Tasks};
use poem::endpoint::BoxEndpoint;
use poem::http::Method;
use poem::test::{TestClient, TestRequestBuilder};
use poem::{EndpointExt as _, Response};
use serde_json::{Value, json};
use testkit::{Kind, MINT, World};

use crate::contract::Contract;
use crate::house::Answer;

pub struct Market {
    pub world: World,
    pub app: App,
    pub client: TestClient<BoxEndpoint<'static, Response>>,
    _keys: tempfile::TempDir,
}

/// Somebody with a token.
#[derive(Clone)]
pub struct Trader {
    pub caller: Caller,
    token: String,
}

impl Trader {
    /// What they show at the door.
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

impl Market {
    pub async fn open() -> Self {
        Self::on(Kind::Sqlite).await
    }

    pub async fn on(kind: Kind) -> Self {
        Self::with(kind, domain::Settings::default()).await
    }

    pub async fn with(kind: Kind, settings: domain::Settings) -> Self {
        let world = World::with(kind, settings).await;
        let keys = tempfile::tempdir().unwrap();
        let key = SigningKey::load(None, keys.path(), &SystemRng, true).unwrap();
        let app = App {
            operations: Operations::start(&world.domain, &Tasks::new()),
            domain: world.domain.clone(),
            tokens: Tokens::new(key, Arc::new(SystemClock)),
            settings: Arc::new(Settings::default()),
            metrics: None,
            dependencies: Arc::new([]),
            pools: Arc::new([]),
            reveal: false,
        };
        let client = TestClient::new(Contract(api::endpoint(app.clone())).boxed());
        Self { world, app, client, _keys: keys }
    }

    pub async fn trader(&self) -> Trader {
        self.trader_as(Role::Operator).await
    }

    pub async fn trader_as(&self, role: Role) -> Trader {
        let caller = self.world.caller(role).await;
        let token = self.app.tokens.issue(&caller, Duration::from_mins(5)).unwrap();
        Trader { caller, token }
    }

    pub fn request(&self, trader: &Trader, method: Method, path: &str) -> TestRequestBuilder<'_, BoxEndpoint<'static, Response>> {
        self.client.request(method, path).header("Authorization", trader.authorization())
    }

    pub async fn get(&self, trader: &Trader, path: &str) -> Answer {
        Answer::of(self.request(trader, Method::GET, path).send().await).await
    }

    pub async fn post(&self, trader: &Trader, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(trader, Method::POST, path).body_json(body).send().await).await
    }

    pub async fn delete(&self, trader: &Trader, path: &str) -> Answer {
        Answer::of(self.request(trader, Method::DELETE, path).send().await).await
    }

    /// With a header more.
    pub async fn post_with(&self, trader: &Trader, path: &str, header: (&str, &str), body: &Value) -> Answer {
        Answer::of(self.request(trader, Method::POST, path).header(header.0, header.1).body_json(body).send().await).await
    }

    /// The id of a new agent of the trader's.
    pub async fn agent(&self, trader: &Trader) -> String {
        let answer = self.post(trader, "/v1/agents", &agent()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["id"].as_str().unwrap().to_owned()
    }
}

/// What any developer may send.
pub fn agent() -> Value {
    json!({
        "name": "Counter of words",
        "description": "Counts the words of a text and answers their number.",
        "category": "utility",
        "price_atomic": "1500000",
        "price_mint": MINT,
        "image": "tallyman/example-echo:1",
        "input_schema": { "type": "object", "required": ["text"], "properties": { "text": { "type": "string" } } },
        "output_schema": { "type": "object" },
    })
}
