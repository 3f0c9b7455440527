//! Logs, traces and metrics of one process.

mod propagation;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde::Deserialize;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

pub use propagation::{adopt, current_trace};

/// The buckets of every histogram of times, so that those of several processes can be added up.
const SECONDS: [f64; 13] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// How the process speaks about itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetrySettings {
    pub format: Format,
    /// As `RUST_LOG`: `info,sqlx=warn`.
    pub filter: String,
    /// Where traces go, OTLP over HTTP (`http://collector:4318`). Absent: nowhere.
    pub otlp_endpoint: Option<String>,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Pretty,
    Json,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            format: Format::Pretty,
            filter: "info,sqlx=warn,sea_orm_migration=warn,apalis=warn,apalis_core=warn".into(),
            otlp_endpoint: None,
        }
    }
}

impl TelemetrySettings {
    /// # Errors
    /// When the filter is none.
    pub fn check(&self) -> Result<(), TelemetryError> {
        self.level().map(drop)
    }

    fn level(&self) -> Result<EnvFilter, TelemetryError> {
        EnvFilter::try_new(&self.filter).map_err(|_| TelemetryError::Filter { filter: self.filter.clone() })
    }
}

/// Keeps the exporters alive; flushes on [`Telemetry::shut_down`].
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    /// Renders `/metrics`.
    pub metrics: PrometheusHandle,
}

/// Telemetry could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("`{filter}` is not a log filter; write for example `info,tallyman=debug`")]
    Filter { filter: String },
    #[error("cannot export traces to {endpoint}")]
    Otlp { endpoint: String, source: opentelemetry_otlp::ExporterBuildError },
    #[error("metrics are already being recorded in this process")]
    Metrics,
    #[error("logs are already being written in this process")]
    Logs,
}

impl Telemetry {
    /// Start logs on standard error, metrics, and traces when an endpoint is configured.
    ///
    /// # Errors
    /// When the filter is wrong or the exporter refuses its endpoint.
    pub fn start(settings: &TelemetrySettings, service: &'static str) -> Result<Self, TelemetryError> {
        let filter = settings.level()?;
        let traces = settings.otlp_endpoint.as_deref().map(|endpoint| exporter(endpoint, service)).transpose()?;
        let spans = traces.as_ref().map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer(service)));
        let lines = match settings.format {
            Format::Pretty => tracing_subscriber::fmt::layer().with_writer(std::io::stderr).boxed(),
            Format::Json => tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr).boxed(),
        };
        tracing_subscriber::registry().with(filter).with(spans).with(lines).try_init().map_err(|_| TelemetryError::Logs)?;
        let metrics = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(|_| TelemetryError::Metrics)?;
        Ok(Self { traces, metrics })
    }

    /// Send what is still held back.
    pub fn shut_down(&self) {
        if let Some(Err(error)) = self.traces.as_ref().map(SdkTracerProvider::shutdown) {
            tracing::warn!(%error, "the last traces were not exported");
        }
    }
}

fn exporter(endpoint: &str, service: &'static str) -> Result<SdkTracerProvider, TelemetryError> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()
        .map_err(|source| TelemetryError::Otlp { endpoint: endpoint.to_owned(), source })?;
    let resource = Resource::builder().with_service_name(service).build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
