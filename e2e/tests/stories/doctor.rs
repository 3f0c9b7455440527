//! `tallyman doctor` where something is missing: it fails, names it, and says what to do.

use e2e::{Installation, Ran};

const NOWHERE: &str = "unix:///nowhere/docker.sock";

/// Whether a finding is broken, and the advice with it.
fn advice<'a>(ran: &'a Ran, name: &str) -> Option<&'a str> {
    let mut lines = ran.stdout.lines().skip_while(|line| !line.starts_with("BROKEN") || !line.contains(name));
    lines.next()?;
    lines.next()?.trim().strip_prefix("-> ")
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_engine_it_says_how_to_get_one() {
    let ran = Installation::embedded().set("DOCKER_HOST", NOWHERE).run(&["doctor"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(advice(&ran, "containers").is_some_and(|advice| advice.contains("Docker") && advice.contains("DOCKER_HOST")), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("1 broken\n"), "nothing else is: {}", ran.stdout);
    assert!(ran.stdout.contains("SQLite 3") && ran.stdout.contains("tallyman migrate up"), "{}", ran.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_it_says_which_and_looks_at_the_rest() {
    let installation = Installation::embedded()
        .set("DATABASE_URL", "postgres://app:s3cret@127.0.0.1:9/tallyman")
        .set("REDIS_URL", "redis://127.0.0.1:9")
        .set("TALLYMAN_DATABASE_ACQUIRE_SECONDS_MAX", "1");
    let ran = installation.run(&["doctor"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(advice(&ran, "database").is_some_and(|advice| advice.contains("DATABASE_URL")), "{}", ran.stdout);
    assert!(advice(&ran, "redis").is_some_and(|advice| advice.contains("REDIS_URL")), "{}", ran.stdout);
    assert!(ran.stdout.contains("app@127.0.0.1:9") && !ran.stdout.contains("s3cret"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("refused") && !ran.stdout.contains("tallyman doctor"),
        "the cause, and nobody is sent here again: {}",
        ran.stdout
    );
    assert!(ran.stdout.contains("signing key there"), "{}", ran.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_index_is_broken_and_a_wrong_setting_is_named() {
    let installation = Installation::on_postgres().await.set("DOCKER_HOST", NOWHERE);
    installation.rows().await.execute("DROP INDEX jobs_leases").await;
    let ran = installation.run(&["doctor"]);
    assert!(ran.stdout.contains("indexes are missing or different: jobs_leases") && advice(&ran, "schema").is_some(), "{}", ran.stdout);

    let ran = installation.set("PORT", "many").run(&["doctor"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stdout.contains("[api]") && advice(&ran, "settings").is_some_and(|advice| advice.contains("settings.md")),
        "{}",
        ran.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_steps_are_a_fault_where_no_start_applies_them() {
    let installation = Installation::on_postgres().await.set("DOCKER_HOST", NOWHERE);
    assert_eq!(installation.run(&["migrate", "down"]).code, Some(0));
    let ran = installation.run(&["doctor"]);
    assert!(ran.stdout.contains("1 steps are missing") && ran.stdout.contains("applies them by itself"), "{}", ran.stdout);
    assert_eq!(advice(&ran, "schema"), None, "the next start mends it: {}", ran.stdout);

    let ran = installation.set("APP_ENV", "production").run(&["doctor"]);
    assert!(advice(&ran, "schema").is_some_and(|advice| advice.contains("tallyman migrate up")), "{}", ran.stdout);
}
