//! `tallyman token issue` and `tallyman openapi`.

use e2e::{Client, Installation, until_within};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_shell_is_good_for_its_role_and_its_time() {
    let installation = Installation::embedded();
    let (_api, architect) = installation.api().await;
    let holder = |words: &[&str]| {
        let ran = installation.run(&[&["token", "issue"], words].concat());
        assert_eq!((ran.code, ran.stdout.lines().count()), (Some(0), 1), "the token and nothing else: {ran:?}");
        Client::new("", ran.stdout.trim()).at(&architect)
    };
    let observer = holder(&["--role", "observer"]);
    assert_eq!(observer.get("/v1/ops/jobs").await.status, 200);
    assert_eq!(observer.post("/v1/ops/pools/simulation/pause", &json!(null)).await.problem(), (403, "forbidden"));
    assert_eq!(holder(&["--role", "operator"]).get("/v1/ops/jobs").await.problem(), (403, "forbidden"));

    let brief = holder(&["--role", "observer", "--ttl", "1s"]);
    until_within(Duration::from_secs(5), "the token is over", async || brief.get("/v1/ops/jobs").await.problem() == (401, "invalid-token"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_is_refused() {
    let installation = Installation::embedded();
    for (words, said) in [
        (&["--role", "observer", "--ttl", "8d"][..], "7d"),
        (&["--role", "observer", "--ttl", "soon"], "soon"),
        (&["--role", "observer", "--user", "somebody"], "somebody"),
        (&["--role", "architect", "--user", "usr_00000000000000000000000000000000"], "there is no user usr_0000"),
    ] {
        let ran = installation.run(&[&["token", "issue"], words].concat());
        assert!(ran.code == Some(1) && ran.stdout.is_empty() && ran.stderr.contains(said), "{words:?}: {ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_tried_has_at_least_a_second_and_at_most_a_day() {
    for seconds in ["0", "100000"] {
        let ran = Installation::embedded().run(&["try", "tallyman/csv-profile:dev", "--timeout", seconds]);
        assert!(ran.code == Some(2) && ran.stderr.contains("1..=86400"), "{ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_needs_no_database_and_is_the_one_that_is_served() {
    let nowhere = Installation::embedded().set("DATABASE_URL", "postgres://app@127.0.0.1:9/tallyman");
    let printed = nowhere.run(&["openapi"]);
    assert_eq!(printed.code, Some(0), "{printed:?}");

    let installation = Installation::embedded();
    let (_api, client) = installation.api().await;
    let served = client.get("/openapi.yaml").await.expect(200);
    assert_eq!(served.as_str(), Some(printed.stdout.as_str()));
}
