//! `tallyman migrate` and `tallyman validate-indexes`, on both engines.

use e2e::Installation;

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_moves_up_and_down_on_sqlite() {
    it_moves(&Installation::embedded());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_moves_up_and_down_on_postgres() {
    let installation = Installation::on_postgres().await;
    let down = installation.run(&["migrate", "down", "--steps", "1000", "--yes"]);
    assert_eq!(down.code, Some(0), "{down:?}");
    it_moves(&installation);
}

/// From an empty database, and back to one.
fn it_moves(installation: &Installation) {
    let status = || {
        let ran = installation.run(&["migrate", "status"]);
        let of = |word: &str| ran.stdout.lines().filter(|line| line.starts_with(word)).count();
        (ran.code, of("applied"), of("missing"))
    };
    let (code, applied, steps) = status();
    assert!(code == Some(1) && applied == 0 && steps > 1, "{code:?} {applied} {steps}");

    let up = installation.run(&["migrate", "up"]);
    assert_eq!((up.code, up.stdout.lines().count()), (Some(0), steps), "{up:?}");
    assert!(up.stdout.starts_with(&format!("[1/{steps}] ")), "{}", up.stdout);
    assert_eq!(status(), (Some(0), steps, 0));
    let again = installation.run(&["migrate", "up"]);
    assert!(again.code == Some(0) && again.stdout.contains("nothing to do"), "{again:?}");

    let down = installation.run(&["migrate", "down"]);
    assert!(down.code == Some(0) && down.stdout.starts_with("[1/1] "), "{down:?}");
    assert_eq!(status(), (Some(1), steps - 1, 1));
    let unasked = installation.run(&["migrate", "down", "--steps", "1000"]);
    assert!(unasked.code == Some(1) && unasked.stdout.is_empty() && unasked.stderr.contains("--yes"), "{unasked:?}");
    assert!(unasked.stderr.contains(&format!("{} steps", steps - 1)), "it says what would be lost: {unasked:?}");
    assert_eq!(status(), (Some(1), steps - 1, 1), "and takes nothing back");
    let rest = installation.run(&["migrate", "down", "--steps", "1000", "--yes"]);
    assert_eq!((rest.code, rest.stdout.lines().count()), (Some(0), steps - 1), "{rest:?}");
    assert_eq!(status(), (Some(1), 0, steps));
    assert_eq!(installation.run(&["migrate", "up"]).code, Some(0), "and up once more");
}

#[tokio::test(flavor = "multi_thread")]
async fn moving_the_schema_makes_the_keys_of_development() {
    let installation = Installation::on_postgres().await;
    assert_eq!(installation.run(&["migrate", "up"]).code, Some(0));
    for key in ["keys/jwt-ed25519.pem", "secrets/sealing_v1"] {
        assert!(installation.folder().join("data").join(key).is_file(), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_production_no_role_moves_a_shared_schema_by_itself() {
    let installation = Installation::on_postgres().await.set("APP_ENV", "production");
    assert_eq!(installation.run(&["migrate", "down"]).code, Some(0));
    let refused = installation.run(&["scheduler"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("tallyman migrate up"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_missing_or_different_is_named() {
    for installation in [Installation::embedded(), Installation::on_postgres().await] {
        assert_eq!(installation.run(&["migrate", "up"]).code, Some(0));
        let whole = installation.run(&["validate-indexes"]);
        assert!(whole.code == Some(0) && whole.stdout.contains("every index is there"), "{whole:?}");

        let rows = installation.rows().await;
        for index in ["jobs_leases", "jobs_kind"] {
            rows.execute(&format!("DROP INDEX {index}")).await;
        }
        // Its columns in another order, no predicate, not unique any more, and one that is only written otherwise.
        for (index, made) in [
            ("executions_user", "CREATE INDEX executions_user ON executions (id, user_id)"),
            ("executions_live", "CREATE INDEX executions_live ON executions (created_at)"),
            ("entitlements_live", "CREATE INDEX entitlements_live ON entitlements (agent_id, user_id) WHERE revoked_at IS NULL"),
            ("api_audit_actor", "create index api_audit_actor on api_audit(actor,at)"),
        ] {
            rows.execute(&format!("DROP INDEX {index}; {made}")).await;
        }
        let cut = installation.run(&["validate-indexes"]);
        assert_eq!(cut.code, Some(1));
        let mut told: Vec<_> = cut.stdout.lines().collect();
        told.sort_unstable();
        let different = [
            "different: entitlements_live on entitlements",
            "different: executions_live on executions",
            "different: executions_user on executions",
        ];
        assert_eq!(told[..3], different);
        assert_eq!(told[3..], ["missing: jobs_kind on jobs", "missing: jobs_leases on jobs"]);
        assert!(cut.stderr.contains("5 indexes are missing or different"), "{}", cut.stderr);
    }
}
