//! `/metrics`: what this process recorded, and how the queue stands right now (Prometheus text format).

use poem::web::Data;
use poem::{Endpoint, IntoResponse as _, Response, handler};

use crate::App;
use crate::problem::Problem;

pub fn endpoint() -> impl Endpoint<Output = Response> {
    render
}

#[handler]
async fn render(app: Data<&App>) -> Result<Response, Problem> {
    let Some(recorder) = &app.metrics else { return Err(Problem::not_found("this process records no metrics")) };
    for pool in app.domain.ops().pools().await? {
        for (state, count) in pool.counts() {
            #[expect(clippy::cast_precision_loss, reason = "gauges are floating point; no queue has 2^52 jobs")]
            metrics::gauge!("jobs", "pool" => pool.pool.name(), "state" => state.name()).set(count as f64);
        }
        let age = pool.oldest_wait.map_or(0.0, |age| age.as_secs_f64());
        metrics::gauge!("jobs_oldest_wait_seconds", "pool" => pool.pool.name()).set(age);
    }
    recorder.run_upkeep();
    Ok(recorder.render().with_content_type("text/plain; version=0.0.4; charset=utf-8").into_response())
}
