//! What a process refuses to start with, and the words it finds for it.

use e2e::Installation;

/// Everything said is one line on standard error that has all these words.
fn refused(installation: &Installation, role: &[&str], words: &[&str]) {
    let ran = installation.run(role);
    assert_eq!(ran.code, Some(1), "{role:?}: {ran:?}");
    assert!(ran.stdout.is_empty() && ran.stderr.lines().count() == 1, "{ran:?}");
    for word in words {
        assert!(ran.stderr.contains(word), "{word:?} is missing: {}", ran.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_setting_is_refused_with_its_name() {
    for (name, value, words) in [
        ("PORT", "many", &["[api]", "`port`", "`many`"][..]),
        ("TALLYMAN_API_PROT", "1", &["[api]", "prot"]),
        ("APP_ENV", "staging", &["[app]", "`env`", "staging"]),
        ("TALLYMAN_JOBS_POLL_MS", "0", &["jobs.poll_ms"]),
        ("TRUSTED_PROXIES", "10.0.0.0/8, everybody", &["[api]", "everybody"]),
        ("DATABASE_URL", "mysql://app:s3cret@db/app", &["DATABASE_URL", "mysql://app@db/app"]),
        ("RUST_LOG", "info,=,=", &["info,=,=", "log filter"]),
        ("TALLYMAN_CONFIG", "./nowhere.toml", &["nowhere.toml"]),
    ] {
        refused(&Installation::embedded().set(name, value), &["api"], words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_a_misspelt_section_is_refused() {
    let installation = Installation::embedded();
    let file = installation.folder().join("tallyman.toml");
    std::fs::write(&file, "[jops]\nlease_seconds = 5\n").expect("it can be written");
    refused(&installation.set("TALLYMAN_CONFIG", "tallyman.toml"), &["up"], &["[jops]", "jobs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn production_asks_for_what_development_makes_up() {
    refused(&Installation::embedded().set("APP_ENV", "production"), &["up"], &["DATABASE_URL"]);
    refused(
        &Installation::on_postgres().await.set("APP_ENV", "production"),
        &["token", "issue", "--role", "observer"],
        &["JWT_SIGNING_KEY"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_nobody_knows_is_refused_with_those_that_there_are() {
    refused(&Installation::embedded(), &["worker", "--pools", "containers,swimming"], &["swimming", "containers, settlement"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_named_without_its_password() {
    let installation = Installation::embedded()
        .set("DATABASE_URL", "postgres://app:s3cret@127.0.0.1:9/tallyman")
        .set("TALLYMAN_DATABASE_ACQUIRE_SECONDS_MAX", "1");
    for role in ["up", "worker", "scheduler"] {
        refused(&installation, &[role], &["postgres://app@127.0.0.1:9/tallyman", "tallyman doctor"]);
        assert!(!installation.run(&[role]).stderr.contains("s3cret"));
    }
}
