//! The whole application: what handlers hold, and the routes with everything around them.

use std::sync::Arc;

use domain::Domain;
use futures::future::BoxFuture;
use jobs::Pool;
use metrics_exporter_prometheus::PrometheusHandle;
use poem::{Endpoint, EndpointExt as _, Request, Response, Route, get};

use crate::auth::Tokens;
use crate::body::Limits;
use crate::convention::Operations;
use crate::gate::{Cors, Gate, Turnstile};
use crate::problem::Problem;
use crate::settings::Settings;
use crate::{link, metrics, openapi, v1};

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub domain: Domain,
    pub tokens: Tokens,
    pub operations: Operations,
    pub settings: Arc<Settings>,
    /// Renders `/metrics`. Absent where nobody records.
    pub metrics: Option<PrometheusHandle>,
    /// Besides the database, what this process depends on.
    pub dependencies: Arc<[Dependency]>,
    /// The pools without which this process is not ready: those that it runs itself.
    pub pools: Arc<[Pool]>,
    /// Development: problems show what went wrong inside.
    pub reveal: bool,
}

/// Something that should answer, and how to ask it.
pub struct Dependency {
    pub name: &'static str,
    /// Whether this process is not ready while it is away.
    pub needed: bool,
    pub check: Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
}

impl App {
    /// The application that serves this request.
    ///
    /// # Errors
    /// 500 when the route was mounted without it.
    pub fn of(request: &Request) -> Result<&Self, Problem> {
        request.data::<Self>().ok_or_else(|| Problem::internal("a route is mounted outside of the application"))
    }
}

/// All routes behind the door.
#[must_use]
pub fn endpoint(app: App) -> impl Endpoint<Output = Response> + 'static {
    let limits = Limits { bytes_max: app.settings.body_bytes_max, depth_max: app.settings.body_depth_max };
    let gate = Gate {
        ids: app.domain.queue().ids().clone(),
        trusted_proxies: app.settings.trusted_proxies.clone().into(),
        request_limit: app.settings.request_limit(),
        reveal: app.reveal,
    };
    let cors = Cors::new(&app.settings.cors_origins);
    let pages = Route::new()
        .at("/metrics", get(metrics::endpoint()))
        .at("/docs", get(openapi::page()))
        .at("/link", get(link::page()))
        .at("/link.js", get(link::script()))
        .at("/openapi.json", get(openapi::json()))
        .at("/openapi.yaml", get(openapi::yaml()))
        .at("/problems", get(openapi::problems()))
        .at("/problems/:code", get(openapi::problems()))
        .nest_no_strip("/", v1::service(&app));
    pages.with(Turnstile).data(limits).data(app).with(cors).with(gate)
}
