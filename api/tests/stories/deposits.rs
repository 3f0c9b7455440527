//! Deposits at the door.

use std::time::Duration;

use domain::accounts::Role;
use serde_json::json;
use testkit::{Kind, Shore};

use crate::house::{Guest, House};

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_learns_where_to_deposit_and_sees_what_has_arrived() {
    let Shore { world, cluster, custody, agent } = Shore::on(Kind::Sqlite).await;
    let house = House::of(world);
    let token = house.app.tokens.issue(&agent.caller, Duration::from_mins(1)).unwrap();
    let owner = Guest { caller: agent.caller, token };
    let said = house.get(&owner, "/v1/agent/deposit-address").await;
    let (account, memo) = (custody.to_string(), agent.profile.to_string());
    assert_eq!((said.column("addresses", "account"), said.column("addresses", "memo")), (vec![account.as_str()], vec![memo.as_str()]));

    let sent = testkit::Sent { from: testkit::stranger(), to: custody, mint: house.world.house_mint(), amount: 250, memo: Some(&memo) };
    let hash = cluster.sends(sent).to_string();
    let asked = house.post(&owner, "/v1/agent/deposit", &json!({ "txHash": hash })).await;
    assert_eq!((asked.status, asked.text("kind"), asked.text("resource")), (202, "verify_deposit", "/v1/agent/deposits"));
    house.world.run_jobs().await;
    let listed = house.get(&owner, "/v1/agent/deposits").await;
    assert_eq!((listed.column("deposits", "amount"), listed.column("deposits", "tx_hash")), (vec!["250"], vec![hash.as_str()]));
    assert_eq!((listed.column("deposits", "state"), listed.column("deposits", "attribution")), (vec!["credited"], vec!["memo"]));
    assert_eq!(house.get(&owner, "/v1/agent/balance").await.column("balances", "available"), ["250"]);

    let wrong = house.post(&owner, "/v1/agent/deposit", &json!({ "tx_hash": "nonsense" })).await;
    assert_eq!((wrong.status, wrong.pointers()), (400, vec!["/tx_hash"]));
    let nobody = house.guest(Role::Operator).await;
    assert_eq!(house.get(&nobody, "/v1/agent/deposit-address").await.problem(), "profile-required");
    assert!(house.get(&nobody, "/v1/agent/deposits").await.column("deposits", "id").is_empty());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_see_what_is_nobodys_and_whether_chain_and_books_agree() {
    let shore = Shore::on(Kind::Sqlite).await;
    shore.strays(40);
    shore.index().await;
    shore.cluster.skew(-3);
    shore.world.domain.reconciliation().check_all().await.unwrap();
    let agent = shore.agent.profile.to_string();
    let house = House::of(shore.world);
    let (observer, architect) = (house.guest(Role::Observer).await, house.guest(Role::Architect).await);
    let found = house.get(&observer, "/v1/ops/reconciliation").await;
    for (member, figure) in [("custody", "37"), ("liabilities", "40"), ("unattributed", "40"), ("drift", "-3"), ("unexplained", "-3")] {
        assert_eq!(found.column("mints", member), [figure], "{member}");
    }
    assert_eq!(found.body["mints"][0]["is_stopped"], true);
    assert!(found.column("mints", "reason")[0].contains("hold 37 on chain"));

    let strays = house.get(&observer, "/v1/ops/deposits?state=unattributed").await;
    let path = format!("/v1/ops/deposits/{}/credit", strays.column("deposits", "id")[0]);
    let given = house.post(&architect, &path, &json!({ "profile_id": agent })).await;
    assert_eq!((given.status, given.text("attribution"), given.text("profile_id")), (200, "operator", agent.as_str()));
    assert_eq!(house.post(&architect, &path, &json!({ "profile_id": agent })).await.problem(), "conflict");
    assert!(house.get(&observer, "/v1/ops/deposits?state=unattributed").await.column("deposits", "id").is_empty());
    house.close().await;
}
