//! One trace from the request through every attempt of its job, also in other processes, and no secret in it.

use e2e::{Client, Collector, Installation, Span};
use entities::id::JobId;
use entities::job::State;
use serde_json::json;

/// The attempts of a job that came in, each with its trace.
fn attempts(spans: &[Span], job: JobId) -> Vec<(String, String)> {
    let of_the_job = spans.iter().filter(|span| span.name == "job" && span.attribute("job.id") == job.to_string());
    let mut attempts: Vec<_> = of_the_job.map(|span| (span.attribute("attempt").to_owned(), span.trace_id.clone())).collect();
    attempts.sort();
    attempts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_and_all_attempts_of_its_job_are_one_trace_without_secrets() {
    let collector = Collector::open().await;
    let installation = Installation::on_postgres().await.set("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint);
    let (mut api, client) = installation.api().await;
    let secret = api.login_secret().await;
    let entered = client.post("/v1/auth/login/link", &json!({ "secret": secret })).await.expect(200);
    let token = entered["access_token"].as_str().expect("it is a token");
    let architect = Client::new("", token).at(&client);
    let mut worker = installation.worker().await;
    let rows = installation.rows().await;
    let fail = json!({ "kind": "probe", "payload": { "action": "fail" } });
    let theirs = "0af7651916cd43dd8448eb211c80319c";
    let traceparent = format!("00-{theirs}-b7ad6b7169203331-01");

    let ours = architect.post("/v1/ops/jobs", &fail).await.expect(202);
    let carried_on = architect.post_with("/v1/ops/jobs", &[("traceparent", &traceparent)], &fail).await.expect(202);

    let [ours, carried_on] = [ours, carried_on].map(|job| job["id"].as_str().expect("it has an id").parse::<JobId>().expect("of a job"));
    for job in [ours, carried_on] {
        rows.until_state(job, State::Failed).await;
        assert_eq!(rows.outcomes(job).await, ["errored", "errored", "failed"]);
    }
    assert_eq!((worker.terminate().await, api.terminate().await), (0, 0), "the last spans are sent at the end");

    let spans = collector.spans();
    let posts = spans.iter().filter(|span| span.name == "request" && span.attribute("path") == "/v1/ops/jobs");
    let mut traces: Vec<_> = posts.map(|span| span.trace_id.as_str()).collect();
    assert!(traces.len() == 2 && traces.contains(&theirs), "a caller's trace is carried on: {traces:?}");
    traces.retain(|trace| *trace != theirs);
    for (job, trace) in [(ours, traces[0]), (carried_on, theirs)] {
        let expected = ["1", "2", "3"].map(|attempt| (attempt.to_owned(), trace.to_owned()));
        assert_eq!(attempts(&spans, job), expected, "each attempt is in the trace of its request");
    }
    assert!(collector.heard(&ours.to_string()), "this is how something that was told looks");
    for secret in [secret.as_str(), token] {
        assert!(!collector.heard(secret), "a secret left the house");
    }
}
