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
        ("PORT", "many", &["PORT: ", "[api]", "`port`", "`many`"][..]),
        ("TALLYMAN_API_POTR", "1", &["[api]", "`potr`", "did you mean TALLYMAN_API_PORT?"]),
        ("TALLYMAN_FOO", "1", &["TALLYMAN_FOO", "TALLYMAN_<SECTION>_<FIELD>"]),
        ("APP_ENV", "staging", &["APP_ENV: ", "[app]", "`env`", "staging"]),
        ("TALLYMAN_EXECUTION_MEMORY_MIB_MAX", "64", &["TALLYMAN_EXECUTIONS_MEMORY_MIB_MAX"]),
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
async fn a_number_with_which_nothing_would_work_is_refused_with_its_bounds_and_the_doctor_sees_it_too() {
    for (name, value, said) in [
        ("TALLYMAN_DATABASE_CONNECTIONS_MAX", "0", "database.connections_max is 0; it has to be 1 … 10000"),
        ("TALLYMAN_POOLS_CONTAINERS", "0", "pools.containers is 0"),
        ("TALLYMAN_API_BODY_BYTES_MAX", "0", "api.body_bytes_max is 0"),
        ("TALLYMAN_API_ACCESS_TOKEN_SECONDS", "0", "api.access_token_seconds is 0"),
        ("TALLYMAN_EXECUTIONS_CPU_MILLIS_MAX", "0", "executions.cpu_millis_max is 0; it has to be 10 …"),
        ("TALLYMAN_EXECUTIONS_RUN_SECONDS_MAX", "0", "executions.run_seconds_max is 0"),
        ("TALLYMAN_SIGN_IN_CODE_TRIES_MAX", "0", "sign_in.code_tries_max is 0"),
        ("TALLYMAN_KEEPING_WEBHOOK_DELIVERIES_DAYS", "1", "keeping.webhook_deliveries_days is 1; it has to be 4 …"),
        ("TALLYMAN_JOBS_LEASE_SECONDS", "0", "TALLYMAN_JOBS_LEASE_SECONDS: jobs.lease_seconds is 0"),
        ("TALLYMAN_LISTS_PAGE_BYTES_MAX", "0", "lists.page_bytes_max is 0"),
        ("RATE_LIMIT_EXECUTIONS", "10/1h/ip", "executions: it counts per user, not per ip"),
    ] {
        let installation = Installation::embedded().set(name, value);
        refused(&installation, &["up"], &[said]);
        let seen = installation.run(&["doctor"]);
        assert!(seen.code == Some(1) && seen.stdout.contains("BROKEN  settings") && seen.stdout.contains(said), "{seen:?}");
    }
    let weak = Installation::embedded().set("SEALING_SECRET", "short").run(&["doctor"]);
    assert!(weak.code == Some(1) && weak.stdout.contains("less than 32 characters"), "{weak:?}");
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
async fn production_refuses_secrets_that_others_may_know_and_says_how_to_make_one() {
    let nowhere = "postgres://app@127.0.0.1:9/tallyman";
    for (name, value, why) in [
        ("JWT_SECRET", "d8Vb0xR2xq6yF1m", "less than 32 characters"),
        ("JWT_SECRET", "your_jwt_secret_here_your_jwt_secret_here", "others know"),
        ("EVS_JWT_SECRET", "0123456789abcdefghijklmnopqrstuvwxyz", "not random"),
        ("JWT_SIGNING_KEY", "Password-Password-Password-Password", "others know"),
        ("SEALING_SECRET", "changeme", "less than 32 characters"),
        ("SEALING_SECRET", "please-change-me-0123456789-please-change-me", "others know"),
        ("TALLYMAN_SECRETS_SEALING_V1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "not random"),
    ] {
        let installation = Installation::embedded().set("APP_ENV", "production").set("DATABASE_URL", nowhere).set(name, value);
        let setting = if name.contains("SEAL") { "SEALING_SECRET" } else { "JWT_SECRET" };
        for role in ["up", "api", "worker", "scheduler"] {
            refused(&installation, &[role], &[setting, why, "openssl rand -base64 32"]);
            assert!(!installation.run(&[role]).stderr.contains(value), "{name}: its value is not printed");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_production_only_who_has_to_do_with_mails_asks_where_they_go() {
    let installation = Installation::on_postgres().await.set("APP_ENV", "production");
    let installation = installation.set("JWT_SECRET", "d8Vb0xR2xq6yF1m7s9KJpQzLw3TnHgEaUcYoIiBvXW4=");
    let installation = installation.set("SEALING_SECRET", "oU2v8mHc0TqYw5sGk1RbXf7DzLj9NeAi3WpE4rQhZMk=");
    for role in [&["up"][..], &["api"], &["worker", "--pools", "notify"]] {
        refused(&installation, role, &["[mail]", "smtp_host", "outbox"]);
    }
    let mut scheduler = installation.start(&["scheduler"]);
    scheduler.says("looking at the crontab").await;
    let mut worker = installation.worker().await;
    let (mut api, client) = installation.api_with(&[("TALLYMAN_SIGN_IN_EMAIL_CODES", "false")]).await;
    let asked = client.post("/v1/auth/email/send-otp", &serde_json::json!({ "email": "ann@mail.example" })).await;
    assert_eq!(asked.problem(), (404, "not-found"));
    for process in [&mut scheduler, &mut worker, &mut api] {
        assert_eq!(process.terminate().await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_secret_makes_the_same_signing_key_in_every_process() {
    let secret = "d8Vb0xR2xq6yF1m7s9KJpQzLw3TnHgEaUcYoIiBvXW4=";
    let installation = Installation::on_postgres().await.set("APP_ENV", "production").set("JWT_SECRET", secret);
    let installation =
        installation.set("SEALING_SECRET", "oU2v8mHc0TqYw5sGk1RbXf7DzLj9NeAi3WpE4rQhZMk=").set("TALLYMAN_MAIL_OUTBOX", "outbox");
    let (mut api, architect) = installation.api().await;
    assert_eq!(architect.get("/v1/users/me").await.status, 200, "a token of the shell is good at the API");
    let (mut other, stranger) = installation.api_with(&[("JWT_SECRET", "3fK9sLq0WbTzR7yXcVn2MdHg5JpEuAi8oQ1tYwZxNvU=")]).await;
    assert_eq!(stranger.get("/v1/users/me").await.problem(), (401, "invalid-token"), "another secret is another key");
    assert!(!(api.said() + &other.said()).contains(secret));
    assert_eq!((api.terminate().await, other.terminate().await), (0, 0));
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
        refused(&installation, &[role], &["postgres://app@127.0.0.1:9/tallyman", "tallyman doctor", "refused"]);
        assert!(!installation.run(&[role]).stderr.contains("s3cret"));
    }
}
