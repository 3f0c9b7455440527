//! The development chain beside `tallyman up`.

use std::process::Command;

use e2e::{Client, Installation, Process};
use serde_json::Value;
use testkit::engines::run;
use testkit::{TestWallet, until};

fn with_chain() -> Installation {
    let installation = Installation::embedded().set("TALLYMAN_DEV_CHAIN_ENABLED", "true").set("TALLYMAN_DEV_CHAIN_SLOT_MS", "20");
    installation.set("PORT", "0").set("TALLYMAN_DEV_CHAIN_RPC_PORT", "0").set("TALLYMAN_DEV_CHAIN_WS_PORT", "0")
}

/// `up`, ready, with its chain furnished.
async fn up(installation: &Installation) -> (Process, Client) {
    let mut up = installation.start(&["up"]);
    let base = up.ready().await;
    up.says("USDC is").await;
    (up, Client::new(&base, ""))
}

fn dependency(ready: &Value, name: &str) -> Value {
    ready["dependencies"].as_array().expect("a list").iter().find(|it| it["name"] == name).cloned().unwrap_or_default()
}

async fn usdc(client: &Client) -> String {
    let tokens = client.get("/v1/tokens").await.expect(200);
    assert_eq!((&tokens["tokens"][0]["symbol"], &tokens["tokens"][0]["decimals"]), (&"USDC".into(), &6.into()), "{tokens}");
    tokens["tokens"][0]["mint"].as_str().expect("it has a mint").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn up_keeps_a_chain_with_a_token_that_it_knows_again() {
    let installation = with_chain();
    let (mut first, client) = up(&installation).await;
    assert!(first.said().contains("NOT A REAL CLUSTER"), "{}", first.said());
    assert_eq!(dependency(&client.get("/health/ready").await.expect(200), "solana")["state"], "ok");
    let mint = usdc(&client).await;
    let to = TestWallet::new(1).address().to_string();
    let given = installation.run(&["dev-token", "mint", "--symbol", "USDC", "--to", &to, "--amount", "12.5"]);
    assert_eq!(given.code, Some(0), "{}", given.stderr);
    let sol = installation.run(&["dev-token", "airdrop", "--to", &to]);
    assert_eq!(sol.code, Some(0), "{}", sol.stderr);
    let own = installation.run(&["dev-token", "create", "--symbol", "CLONES", "--decimals", "9", "--mint-to", &to]);
    assert_eq!(own.code, Some(0), "{}", own.stderr);
    let twice = installation.run(&["dev-token", "create", "--symbol", "CLONES", "--decimals", "9"]);
    assert_eq!(twice.stdout.lines().next(), own.stdout.lines().next(), "the same mint");
    assert_eq!(first.terminate().await, 0);

    let (mut second, client) = up(&installation).await;
    let tokens = client.get("/v1/tokens").await.expect(200);
    assert_eq!(tokens["tokens"].as_array().map(Vec::len), Some(2), "{tokens}");
    assert_eq!(tokens["tokens"][1]["mint"], mint.as_str());
    assert_eq!(second.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_dies_with_an_up_that_is_killed() {
    let installation = with_chain();
    let (mut killed, _) = up(&installation).await;
    let chain = run(Command::new("pgrep").args(["--parent", &killed.pid().to_string()]));
    assert!(lives(&chain), "{chain} is its child");
    killed.kill();
    until("the chain has ended", async || !lives(&chain)).await;
}

/// Somebody whom nobody has buried yet does not.
fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_program_everything_else_works_and_it_is_said_what_to_do() {
    let installation = with_chain().set("TALLYMAN_DEV_CHAIN", "/nowhere/tallyman-dev-chain");
    let mut up = installation.start(&["up"]);
    let base = up.ready().await;
    up.says("scripts/build-dev-chain").await;
    let ready = Client::new(&base, "").get("/health/ready").await.expect(200);
    assert_eq!((&dependency(&ready, "solana")["state"], &dependency(&ready, "solana")["needed"]), (&"away".into(), &false.into()));
    let alone = installation.run(&["dev-chain"]);
    assert!(alone.code != Some(0) && alone.stderr.contains("scripts/build-dev-chain"), "{alone:?}");
    let token = installation.run(&["dev-token", "airdrop", "--to", "11111111111111111111111111111111"]);
    assert!(token.code != Some(0) && token.stderr.contains("SOLANA_RPC_URL"), "{token:?}");
    assert_eq!(up.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn production_makes_nothing_up() {
    let installation = with_chain().set("APP_ENV", "production").set("SOLANA_RPC_URL", "http://127.0.0.1:9");
    let refused = installation.run(&["dev-token", "create", "--symbol", "USDC"]);
    assert!(refused.code != Some(0) && refused.stderr.contains("production"), "{refused:?}");
}
