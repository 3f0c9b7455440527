//! `/metrics`: what this process recorded, and how the queue and the money in custody stand right now (Prometheus text format).

use std::error::Error;
use std::time::Duration;

use domain::ops::PoolView;
use domain::reconciliation::CustodyCheck;
use poem::web::Data;
use poem::{Endpoint, IntoResponse as _, Request, Response, handler};

use crate::App;
use crate::gate::ClientAddress;
use crate::problem::Problem;

/// How long the database may take. Scrapers give up after ten seconds, and what this process recorded is worth having without it.
const PATIENCE: Duration = Duration::from_secs(3);

const JOBS: &str = "jobs";
const OLDEST_WAIT: &str = "jobs_oldest_wait_seconds";
const UNEXPLAINED: &str = "custody_unexplained";
const IN_FLIGHT: &str = "custody_in_flight";
const CHECK_AGE: &str = "custody_check_age_seconds";
const STOPPED: &str = "payouts_stopped";

/// What is read at each scrape.
const OF_THE_HOUSE: [&str; 6] = [JOBS, OLDEST_WAIT, UNEXPLAINED, IN_FLIGHT, CHECK_AGE, STOPPED];

pub fn endpoint() -> impl Endpoint<Output = Response> {
    render
}

#[handler]
async fn render(request: &Request, app: Data<&App>) -> Result<Response, Problem> {
    if !may_read(request, &app) {
        return Err(Problem::forbidden("metrics are shown to the addresses in `metrics_nets`"));
    }
    let Some(recorder) = &app.metrics else { return Err(Problem::not_found("this process records no metrics")) };
    let house = house(&app).await;
    if let Some((pools, checks)) = &house {
        pools.iter().for_each(record);
        for check in checks {
            record_custody(&app, check);
        }
    }
    recorder.run_upkeep();
    let text = recorder.render();
    let text = if house.is_some() { text } else { without_the_house(&text) };
    Ok(text.with_content_type("text/plain; version=0.0.4; charset=utf-8").into_response())
}

/// Everybody, or those whom the settings name.
fn may_read(request: &Request, app: &App) -> bool {
    let (nets, client) = (&app.settings.metrics_nets, request.data::<ClientAddress>().and_then(|client| client.0));
    nets.is_empty() || client.is_some_and(|client| nets.iter().any(|network| network.contains(client)))
}

/// How the house stands; `None` while the database does not say.
async fn house(app: &App) -> Option<(Vec<PoolView>, Vec<CustodyCheck>)> {
    let asked = async {
        let pools = app.domain.ops().pools().await.map_err(|error| Box::new(error) as Box<dyn Error + Send + Sync>)?;
        Ok::<_, Box<dyn Error + Send + Sync>>((pools, app.domain.reconciliation().list().await?))
    };
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(house)) => Some(house),
        Ok(Err(error)) => {
            tracing::warn!(error = &*error as &dyn Error, "the metrics are rendered without those of the house");
            None
        }
        Err(_) => {
            tracing::warn!("the metrics are rendered without those of the house: the database did not answer in time");
            None
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floating point; past 2^53 the last digits are no alarm")]
fn record_custody(app: &App, check: &CustodyCheck) {
    let mint = check.mint.to_string();
    metrics::gauge!(UNEXPLAINED, "mint" => mint.clone()).set(check.unexplained as f64);
    metrics::gauge!(IN_FLIGHT, "mint" => mint.clone()).set(check.in_flight as f64);
    metrics::gauge!(CHECK_AGE, "mint" => mint.clone()).set(app.domain.now().since(check.checked_at).as_secs_f64());
    metrics::gauge!(STOPPED, "mint" => mint).set(f64::from(u8::from(check.stopped)));
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
fn without_the_house(text: &str) -> String {
    let is_of_the_house = |line: &str| {
        let named = ["# TYPE ", "# HELP "].into_iter().find_map(|start| line.strip_prefix(start)).unwrap_or(line);
        let name = named.split([' ', '{']).next().unwrap_or_default();
        OF_THE_HOUSE.contains(&name)
    };
    text.lines().filter(|line| !is_of_the_house(line)).flat_map(|line| [line, "\n"]).collect()
}
