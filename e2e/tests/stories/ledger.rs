//! `tallyman verify-ledger` and `tallyman agent balance`, from the shell.

use e2e::Installation;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_was_tampered_with_fails_the_check() {
    for installation in [Installation::embedded(), Installation::on_postgres().await] {
        assert_eq!(installation.run(&["migrate", "up"]).code, Some(0));
        let whole = installation.run(&["verify-ledger"]);
        assert!(whole.code == Some(0) && whole.stdout.contains("keeps every promise"), "{whole:?}");
        let rows = installation.rows().await;
        let id = if installation.database_url().starts_with("sqlite") {
            "X'00000000000000000000000000000001'"
        } else {
            "'00000000000000000000000000000001'"
        };
        let account = format!(
            "INSERT INTO ledger_accounts (id, kind, mint, simulated, posted, pending_in, pending_out, created_at)
             VALUES ({id}, 'fees', 'So11111111111111111111111111111111111111112', FALSE, 5, 0, 0, 1)"
        );
        rows.execute(&account).await;
        let broken = installation.run(&["verify-ledger"]);
        assert_eq!(broken.code, Some(1), "{broken:?}");
        assert!(broken.stdout.contains("says posted 5, and its transfers come to 0"), "{broken:?}");
        assert!(broken.stdout.contains("sum up to 5 instead of 0"), "{broken:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_asks_what_it_has() {
    let installation = Installation::embedded();
    let (api, architect) = installation.api().await;
    let url = architect.base().to_owned();
    for (kind, key, figure) in [("agent", "secret_key.json", "available"), ("gateway", "gateway_key.json", "unsettled")] {
        let ask = || installation.run(&[kind, "balance", "--key", key, "--url", &url]);
        let first = ask();
        assert!(first.code == Some(1) && first.stderr.contains(&format!("tallyman {kind} link")), "{first:?}");
        let mut link = installation.start(&[kind, "link", "--key", key, "--url", &url, "--name", "Scout"]);
        let code = link.says("Code: ").await.trim_start_matches("Code: ").to_owned();
        assert_eq!(architect.post(&format!("/v1/link/{code}/approve"), &json!({})).await.status, 200);
        assert_eq!(link.ends().await, 0);
        let balance = ask();
        assert!(balance.code == Some(0) && balance.stdout.starts_with("USDC ("), "{balance:?}");
        assert!(balance.stdout.lines().any(|line| line.split_whitespace().eq([figure, "0"])), "{balance:?}");
    }
    drop(api);
}
