//! `kill -9` of an API in the middle of payments. Whoever was not answered asks again with the same ids, and everything is paid once.

use std::sync::Arc;
use std::time::Duration;

use domain::entities::id::{ProfileId, TransferId};
use domain::ledger::{self, Account, AccountKind, NewTransfer, Step, TransferKind};
use e2e::{Client, Installation, Rows};
use futures::future::join_all;
use platform::{Clock, Ids, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::atomic;

/// Payers, each on a connection of its own, and what each of them pays.
const PAYERS: usize = 8;
const PAYMENTS: usize = 60;
const LIVES: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn payments_survive_the_death_of_whoever_takes_them() {
    for installation in [Installation::embedded(), Installation::on_postgres().await] {
        let ids = Ids::new(Arc::new(SystemClock) as Arc<dyn Clock>);
        let (mut api, architect) = installation.api().await;
        let rows = installation.rows().await;
        let vendor = profile(&architect, "vendor").await;
        let mut payers = Vec::new();
        for _ in 0..PAYERS {
            let client = installation.architect(architect.base());
            let agent = profile(&client, "agent").await;
            fill(&rows, agent.parse().expect("an id"), 1_000_000).await;
            let asked: Vec<Value> = (0..PAYMENTS).map(|_| json!({ "id": ids.next::<TransferId>(), "to": vendor, "amount": "1" })).collect();
            payers.push((client, asked));
        }
        let paid = "SELECT count(*) FROM ledger_transfers WHERE kind = 'pay'";
        for life in 1..=LIVES {
            let paying = join_all(payers.iter().map(async |(client, asked)| pay_all(client, asked).await));
            let dying = async {
                let some = i64::try_from(life * PAYERS * PAYMENTS / (LIVES + 1)).expect("it fits");
                rows.until_at_least(Duration::from_mins(1), paid, some).await;
                api.kill();
            };
            tokio::join!(paying, dying);
            let (next, client) = installation.api().await;
            api = next;
            for (payer, _) in &mut payers {
                *payer = payer.at(&client);
            }
        }
        for (client, asked) in &payers {
            assert_eq!(pay_all(client, asked).await, PAYMENTS, "everything is paid in the end");
        }
        let all = i64::try_from(PAYERS * PAYMENTS).expect("it fits");
        assert_eq!(rows.count(paid).await, all, "and nothing twice");
        assert_eq!(rows.count("SELECT posted FROM ledger_accounts WHERE kind = 'vendor_unsettled'").await, all);
        drop(api);
        let checked = installation.run(&["verify-ledger"]);
        assert_eq!(checked.code, Some(0), "{checked:?}");
    }
}

async fn profile(client: &Client, kind: &str) -> String {
    let path = format!("/v1/users/me/profiles/{kind}");
    let saved = client.try_send(Method::PUT, &path, &[], Some(&json!({ "name": "Trader" }))).await.expect("it answers");
    saved.expect(200)["id"].as_str().expect("it has an id").to_owned()
}

/// Ask for all of them, and stop when nobody answers. Answers how many are paid.
async fn pay_all(client: &Client, asked: &[Value]) -> usize {
    for (paid, body) in asked.iter().enumerate() {
        match client.try_send(Method::POST, "/v1/agent/pay", &[], Some(body)).await {
            Ok(answer) => drop(answer.expect(200)),
            Err(_) => return paid,
        }
    }
    asked.len()
}

async fn fill(rows: &Rows, agent: ProfileId, amount: i64) {
    let domain = rows.rules();
    let mint = domain.settings().payments.mint;
    let (custody, wallet) = (Account::of_house(AccountKind::Custody, mint), Account::of(AccountKind::Agent, agent, mint));
    let deposit = NewTransfer::new(domain.queue().ids().next(), custody, wallet, atomic(amount), TransferKind::Deposit);
    let txn = domain.db().write().await.expect("a transaction");
    ledger::one(&domain, &txn, Step::Create(deposit)).await.expect("it is deposited");
    txn.commit().await.expect("the commit");
}
