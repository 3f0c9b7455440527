//! Where a process listens, and what it says about it.

use std::process::Command;

use e2e::{Client, Installation};

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_an_error_and_nobody_is_ready_because_another_answers_there() {
    let here = Installation::embedded();
    let mut first = here.start_with(&["up"], &[("PORT", "0")]);
    let base = first.ready().await;
    let port = base.rsplit(':').next().expect("an address has a port");

    for role in ["up", "api"] {
        let other = Installation::embedded();
        let mut second = other.start_with(&[role], &[("PORT", port)]);
        assert_eq!(second.ends().await, 1, "{}", second.said());
        let said = second.said();
        assert!(!said.contains("ready on") && !said.contains("/v1/auth/login/link"), "{said}");
        assert!(said.contains(&format!("127.0.0.1:{port}")) && said.contains("PORT"), "it says what to do: {said}");
    }

    let alive = Client::new(&base, "").get("/health/live").await;
    assert_eq!(alive.status, 200, "whoever was there first is unharmed");
    assert_eq!(first.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_free_is_found_and_named() {
    let installation = Installation::embedded();
    let mut api = installation.start_with(&["api"], &[("TALLYMAN_API_LISTEN", "127.0.0.1:0")]);
    let base = api.ready().await;
    assert!(!base.ends_with(":0"), "{base}");
    let command = api.says("/v1/auth/login/link").await;
    assert!(command.contains(&base), "the first architect is sent to the same place: {command}");
    let entered = Command::new("bash").args(["-c", &command]).output().expect("there is a shell");
    assert!(String::from_utf8_lossy(&entered.stdout).contains("access_token"), "the line is a command that works: {entered:?}");
    assert_eq!(Client::new(&base, "").get("/health/ready").await.status, 200);
    assert_eq!(api.terminate().await, 0);
}
