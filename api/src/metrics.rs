//! `/metrics`: what this process recorded, and how the queue stands right now (Prometheus text format).

use std::error::Error;
use std::time::Duration;

use domain::ops::PoolView;
use poem::web::Data;
use poem::{Endpoint, IntoResponse as _, Request, Response, handler};

use crate::App;
use crate::gate::ClientAddress;
use crate::problem::Problem;

/// How long the database may take. Scrapers give up after ten seconds, and what this process recorded is worth having without it.
const PATIENCE: Duration = Duration::from_secs(3);

const JOBS: &str = "jobs";
const OLDEST_WAIT: &str = "jobs_oldest_wait_seconds";

pub fn endpoint() -> impl Endpoint<Output = Response> {
    render
}

#[handler]
async fn render(request: &Request, app: Data<&App>) -> Result<Response, Problem> {
    if !may_read(request, &app) {
        return Err(Problem::forbidden("metrics are shown to the addresses in `metrics_nets`"));
    }
    let Some(recorder) = &app.metrics else { return Err(Problem::not_found("this process records no metrics")) };
    let pools = pools(&app).await;
    pools.iter().flatten().for_each(record);
    recorder.run_upkeep();
    let text = recorder.render();
    let text = if pools.is_some() { text } else { without_the_queue(&text) };
    Ok(text.with_content_type("text/plain; version=0.0.4; charset=utf-8").into_response())
}

/// Everybody, or those whom the settings name.
fn may_read(request: &Request, app: &App) -> bool {
    let (nets, client) = (&app.settings.metrics_nets, request.data::<ClientAddress>().and_then(|client| client.0));
    nets.is_empty() || client.is_some_and(|client| nets.iter().any(|network| network.contains(client)))
}

/// How the queue stands; `None` while the database does not say.
async fn pools(app: &App) -> Option<Vec<PoolView>> {
    match tokio::time::timeout(PATIENCE, app.domain.ops().pools()).await {
        Ok(Ok(pools)) => Some(pools),
        Ok(Err(error)) => {
            tracing::warn!(error = &error as &dyn Error, "the metrics are rendered without those of the queue");
            None
        }
        Err(_) => {
            tracing::warn!("the metrics are rendered without those of the queue: the database did not answer in time");
            None
        }
    }
}

fn record(pool: &PoolView) {
    for (state, count) in pool.counts() {
        #[expect(clippy::cast_precision_loss, reason = "gauges are floating point; no queue has 2^52 jobs")]
        metrics::gauge!(JOBS, "pool" => pool.pool.name(), "state" => state.name()).set(count as f64);
    }
    let age = pool.oldest_wait.map_or(0.0, |age| age.as_secs_f64());
    metrics::gauge!(OLDEST_WAIT, "pool" => pool.pool.name()).set(age);
}

/// The recorder keeps the last value of every gauge, and an old one is no answer.
fn without_the_queue(text: &str) -> String {
    let is_of_the_queue = |line: &str| {
        let named = ["# TYPE ", "# HELP "].into_iter().find_map(|start| line.strip_prefix(start)).unwrap_or(line);
        let name = named.split([' ', '{']).next().unwrap_or_default();
        name == JOBS || name == OLDEST_WAIT
    };
    text.lines().filter(|line| !is_of_the_queue(line)).flat_map(|line| [line, "\n"]).collect()
}
