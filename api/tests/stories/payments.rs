//! Paying at the door.

use domain::accounts::Role;
use domain::ledger::{Account, AccountKind};
use serde_json::{Value, json};

use crate::house::{Guest, House};

/// Somebody with a profile, whose id is answered.
async fn trader(house: &House, kind: &str) -> (Guest, String) {
    let guest = house.guest(Role::Operator).await;
    let path = format!("/v1/users/me/profiles/{kind}");
    let saved = guest.knock(house.client.put(path).body_json(&json!({ "name": "Trader" }))).await;
    (guest, saved.text("id").to_owned())
}

async fn fill(house: &House, profile: &str, amount: i64) {
    let id: domain::entities::id::ProfileId = profile.parse().unwrap();
    house.world.fill(Account::of(AccountKind::Agent, id, house.world.house_mint()), amount).await;
}

fn payment(house: &House, to: &str, amount: &str) -> Value {
    json!({ "id": house.world.transfer_id(), "to": to, "amount": amount, "reference": "one call" })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_pays_a_vendor_and_both_see_it() {
    let house = House::open().await;
    let ((payer, agent), (vendor, shop)) = (trader(&house, "agent").await, trader(&house, "vendor").await);
    fill(&house, &agent, 1_000).await;
    let body = payment(&house, &shop, "250");
    let paid = house.post(&payer, "/v1/agent/pay", &body).await;
    assert_eq!(
        (paid.status, paid.text("state"), paid.text("amount"), paid.text("id")),
        (200, "confirmed", "250", body["id"].as_str().unwrap())
    );
    assert!(paid.body["latency_ms"].is_number() && !paid.text("created_at").is_empty());
    let again = house.post(&payer, "/v1/agent/pay", &body).await;
    assert_eq!((again.body, again.headers["idempotent-replayed"].to_str().unwrap()), (paid.body.clone(), "true"));

    let balance = house.get(&payer, "/v1/agent/balance").await;
    assert_eq!(balance.column("balances", "available"), ["750"]);
    assert_eq!((balance.column("balances", "symbol"), balance.column("balances", "bonded")), (vec!["USDC"], vec!["0"]));
    let earned = house.get(&vendor, "/v1/vendor/balance").await;
    for (figure, amount) in [("unsettled", "250"), ("payable", "250"), ("in_flight", "0"), ("settled", "0")] {
        assert_eq!(earned.column("balances", figure), [amount], "{figure}");
    }
    let moved = house.get(&payer, "/v1/agent/transactions?page_size=1").await;
    assert_eq!(
        (moved.column("transactions", "direction"), moved.column("transactions", "counterparty")),
        (vec!["out"], vec![shop.as_str()])
    );
    let next = moved.text("next_page_token").to_owned();
    let rest = house.get(&payer, &format!("/v1/agent/transactions?page_size=1&page_token={next}")).await;
    assert_eq!(rest.column("transactions", "amount"), ["1000"]);
    let stats = house.get(&vendor, "/v1/vendor/stats").await;
    assert_eq!((stats.column("stats", "revenue"), &stats.body["stats"][0]["payments_24h"]), (vec!["250"], &1.into()));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_refused_says_why() {
    let house = House::open().await;
    let ((payer, agent), (_, shop)) = (trader(&house, "agent").await, trader(&house, "vendor").await);
    fill(&house, &agent, 100).await;
    let pay = async |body: &Value| house.post(&payer, "/v1/agent/pay", body).await;
    let poor = pay(&payment(&house, &shop, "101")).await;
    assert_eq!((poor.status, poor.problem()), (402, "insufficient-funds"));
    let lost = pay(&payment(&house, &agent, "1")).await;
    assert_eq!((lost.status, lost.pointers()), (400, vec!["/to"]));
    let nothing = pay(&payment(&house, &shop, "0")).await;
    assert_eq!((nothing.status, nothing.pointers()), (400, vec!["/amount"]));
    let odd = pay(&json!({ "id": "1", "to": shop, "amount": 5 })).await;
    assert_eq!((odd.status, odd.pointers()), (400, vec!["/amount", "/id"]));
    let mut body = payment(&house, &shop, "10");
    assert_eq!(pay(&body).await.status, 200);
    body["amount"] = "11".into();
    let other = pay(&body).await;
    assert_eq!((other.status, other.problem()), (409, "transfer-reused"));
    let nobody = house.guest(Role::Operator).await;
    let without = house.post(&nobody, "/v1/agent/pay", &body).await;
    assert_eq!((without.status, without.problem()), (409, "profile-required"));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_pays_within_limits_that_no_key_changes() {
    let house = House::open().await;
    let ((owner, agent), (_, shop)) = (trader(&house, "agent").await, trader(&house, "vendor").await);
    fill(&house, &agent, 1_000).await;
    let limits = json!({ "per_payment": "50", "per_day": "80", "allowed_vendors": [shop], "low_balance": "10" });
    let put = async |guest: &Guest| guest.knock(house.client.put("/v1/agent/limits").body_json(&limits)).await;
    let (program, reader) = (house.program(&owner, &["pay"]).await, house.program(&owner, &["read", "write", "run"]).await);
    assert_eq!(put(&program).await.status, 403);
    let saved = put(&owner).await;
    assert_eq!((saved.status, saved.text("per_day"), saved.text("spent_today")), (200, "80", "0"));
    let pay = async |guest: &Guest, amount: &str| house.post(guest, "/v1/agent/pay", &payment(&house, &shop, amount)).await;
    assert_eq!(pay(&reader, "1").await.problem(), "insufficient-scope");
    assert_eq!(pay(&program, "51").await.problem(), "spending-limit");
    assert_eq!(pay(&program, "50").await.status, 200);
    let over = pay(&program, "31").await;
    assert_eq!((over.status, over.text("detail")), (403, "50 of the 80 that may be spent in a day are spent"));
    let shown = house.get(&reader, "/v1/agent/limits").await;
    assert_eq!(shown.column("limits", "spent_today"), ["50"]);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bond_is_put_down_and_asked_back() {
    let house = House::open().await;
    let (owner, agent) = trader(&house, "agent").await;
    fill(&house, &agent, 100).await;
    let post = async |path: &str, amount: &str| house.post(&owner, path, &json!({ "amount": amount })).await;
    assert_eq!(post("/v1/agent/bond/deposit", "60").await.text("amount"), "60");
    assert_eq!(post("/v1/agent/bond/withdraw?validate_only=true", "61").await.problem(), "insufficient-funds");
    let first = house.post_as(&owner, "back", "/v1/agent/bond/withdraw", &json!({ "amount": "60" })).await;
    assert_eq!((first.status, first.text("kind"), first.text("state")), (202, "release_bond", "queued"));
    let again = house.post_as(&owner, "back", "/v1/agent/bond/withdraw", &json!({ "amount": "60" })).await;
    assert_eq!((again.status, again.text("id")), (202, first.text("id")));
    let balance = house.get(&owner, "/v1/agent/balance").await;
    assert_eq!((balance.column("balances", "pending"), balance.column("balances", "bonded")), (vec!["60"], vec!["0"]));
    house.world.skip_waits().await;
    house.world.run_jobs().await;
    assert_eq!(house.get(&owner, "/v1/agent/balance").await.column("balances", "available"), ["100"]);
    house.close().await;
}
