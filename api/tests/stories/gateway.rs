//! Signed payments at the door.

use domain::accounts::Role;
use serde_json::json;
use testkit::atomic;

use crate::house::{Guest, House};

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_hands_in_what_agents_have_signed() {
    let house = House::open().await;
    let (payer, vendor) = (house.world.payer(100).await, house.world.vendor().await);
    let key = house.world.link_agent(&payer).await;
    let token = house.app.tokens.issue(&vendor.caller, std::time::Duration::from_mins(1)).unwrap();
    let owner = Guest { caller: vendor.caller, token };
    let gateway = house.program(&owner, &["collect", "read"]).await;
    let signed = house.world.signed(&key, &vendor, 30);
    let mut one = json!({
        "agent": signed.agent, "to": signed.to, "amount": signed.amount, "mint": signed.mint, "nonce": signed.nonce,
        "expires_at": signed.expires_at, "signature": signed.signature.to_string(),
    });
    let path = "/v1/gateway/payment-intents";
    let reader = house.program(&owner, &["read"]).await;
    let body = json!({ "payment_intents": [one] });
    assert_eq!(house.post(&reader, path, &body).await.problem(), "insufficient-scope");
    let handed = house.post(&gateway, path, &body).await;
    assert_eq!((handed.status, handed.text("kind"), handed.text("resource")), (202, "post_intents", path));
    assert_eq!(house.get(&gateway, "/v1/vendor/balance").await.column("balances", "unsettled"), ["30"]);
    assert_eq!(house.get(&gateway, &format!("{path}?state=pending")).await.column("payment_intents", "amount"), ["30"]);
    house.world.run_jobs().await;
    let settled = house.get(&gateway, path).await;
    assert_eq!(
        (settled.column("payment_intents", "state"), settled.column("payment_intents", "nonce")),
        (vec!["settled"], vec![signed.nonce.as_str()])
    );
    assert_eq!(house.get(&gateway, "/v1/vendor/balance").await.column("balances", "payable"), ["30"]);
    one["amount"] = "31".into();
    let raised = house.post(&gateway, path, &json!({ "payment_intents": [one] })).await;
    assert_eq!((raised.status, raised.pointers()), (400, vec!["/payment_intents/0/signature"]));
    one["signature"] = "none".into();
    let broken = house.post(&gateway, path, &json!({ "payment_intents": [one] })).await;
    assert_eq!((broken.status, broken.pointers()), (400, vec!["/payment_intents/0/signature"]));
    assert_eq!(house.world.domain.payments().agent_balances(&payer.caller).await.unwrap()[0].available, atomic(70));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_did_not_pay_is_let_pay_again_by_an_architect() {
    let house = House::open().await;
    let (payer, vendor) = (house.world.payer(100).await, house.world.vendor().await);
    let architect = house.guest(Role::Architect).await;
    let path = |verb: &str| format!("/v1/ops/profiles/{}/{verb}", payer.profile);
    let suspended = house.post(&architect, &path("suspend"), &json!({})).await;
    assert_eq!((suspended.status, suspended.text("state")), (200, "suspended"));
    let payments = house.world.domain.payments();
    assert!(payments.pay(&payer.caller, house.world.payment(&vendor, 1), None).await.is_err());
    let resumed = house.post_as(&architect, "once", &path("resume"), &json!({})).await;
    assert_eq!((resumed.status, resumed.text("state")), (200, "active"));
    assert_eq!(house.post_as(&architect, "once", &path("resume"), &json!({})).await.headers["idempotent-replayed"], "true");
    payments.pay(&payer.caller, house.world.payment(&vendor, 1), None).await.unwrap();
    let nobody = "/v1/ops/profiles/prf_01980000000070008000000000000001/resume";
    assert_eq!(house.post(&architect, nobody, &json!({})).await.status, 404);
    let audited = house.world.database.count("SELECT count(*) FROM api_audit WHERE action LIKE '%_profile'").await;
    assert_eq!(audited, 2);
    house.close().await;
}
