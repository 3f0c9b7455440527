//! What arrives on chain is booked once, whatever the node does.

use std::time::Duration;

use domain::Fault as _;
use domain::deposits::{Attribution, DepositState, Verified};
use domain::entities::Signature;
use domain::entities::id::JobId;
use domain::ops::Actor;
use domain::paging::PageRequest;
use testkit::{Kind, Shore, TestWallet, stranger};

/// One test for each engine.
macro_rules! on_both_shores {
    ($($claim:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim(testkit::Shore::on(testkit::Kind::Sqlite).await).await; })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim(testkit::Shore::on(testkit::Kind::Postgres).await).await; })+
        }
    };
}
pub(crate) use on_both_shores;

on_both_shores!(
    a_memo_says_whose_a_deposit_is,
    a_linked_wallet_says_whose_a_deposit_is,
    the_memo_counts_more_than_the_wallet,
    what_is_nobodys_is_kept_until_its_wallet_is_linked,
    what_is_nobodys_is_given_by_an_architect_once,
    every_transfer_of_a_transaction_is_booked_once,
    what_failed_is_not_booked,
    a_memo_of_odd_characters_stops_nothing,
    a_node_that_is_away_in_between_loses_and_repeats_nothing,
    a_transaction_that_is_not_to_be_had_keeps_the_others_waiting_for_nothing,
    pages_out_of_order_and_a_forgotten_cursor_lose_and_repeat_nothing,
    both_ways_at_once_credit_once,
    who_asks_for_a_transaction_is_told_what_is_wrong_with_it,
    to_name_a_transaction_does_not_make_it_ones_own,
    whoever_deposits_is_told,
);

/// Nobody's job: what it waited for is over.
fn no_job() -> JobId {
    uuid::Uuid::nil().into()
}

async fn rows(shore: &Shore) -> Vec<domain::deposits::Deposit> {
    let mut rows = shore.world.domain.deposits().all(None, &PageRequest::default()).await.unwrap().items;
    rows.reverse();
    rows
}

async fn a_memo_says_whose_a_deposit_is(shore: Shore) {
    let signature = shore.deposits(250);
    shore.index().await;
    assert_eq!(shore.available().await, 250);
    let own = shore.world.domain.deposits().own(&shore.agent.caller, &PageRequest::default()).await.unwrap().items;
    assert_eq!((own.len(), own[0].signature, own[0].attribution), (1, signature, Some(Attribution::Memo)));
    assert_eq!(own[0].source_owner, Some(stranger()));
    let other = shore.world.payer(0).await;
    assert!(shore.world.domain.deposits().own(&other.caller, &PageRequest::default()).await.unwrap().items.is_empty());
    shore.world.finish().await;
}

async fn a_linked_wallet_says_whose_a_deposit_is(shore: Shore) {
    let wallet = TestWallet::new(3);
    shore.link(&wallet).await;
    shore.cluster.sends(shore.sent(wallet.address(), 40, Some("for lunch")));
    shore.index().await;
    assert_eq!(shore.available().await, 40);
    assert_eq!(rows(&shore).await[0].attribution, Some(Attribution::Wallet));
    shore.world.finish().await;
}

async fn the_memo_counts_more_than_the_wallet(shore: Shore) {
    let wallet = TestWallet::new(3);
    shore.link(&wallet).await;
    let other = shore.world.payer(0).await;
    let (memo, vendor) = (other.profile.to_string(), shore.world.vendor().await.profile.to_string());
    shore.cluster.sends(shore.sent(wallet.address(), 40, Some(&memo)));
    // Whoever is no agent is not meant.
    shore.cluster.sends(shore.sent(wallet.address(), 7, Some(&vendor)));
    shore.index().await;
    assert_eq!(shore.available().await, 7);
    let balances = shore.world.domain.payments().agent_balances(&other.caller).await.unwrap();
    assert_eq!(balances[0].available, testkit::atomic(40));
    shore.world.finish().await;
}

async fn what_is_nobodys_is_kept_until_its_wallet_is_linked(shore: Shore) {
    let wallet = TestWallet::new(3);
    shore.cluster.sends(shore.sent(wallet.address(), 40, None));
    shore.strays(5);
    shore.index().await;
    assert_eq!((shore.available().await, shore.suspense().await), (0, 45));
    shore.link(&wallet).await;
    shore.index().await;
    assert_eq!((shore.available().await, shore.suspense().await), (40, 5));
    shore.index().await;
    assert_eq!((shore.available().await, shore.suspense().await), (40, 5));
    shore.world.finish().await;
}

async fn what_is_nobodys_is_given_by_an_architect_once(shore: Shore) {
    shore.strays(40);
    shore.index().await;
    let deposits = shore.world.domain.deposits();
    let stray = deposits.all(Some(DepositState::Unattributed), &PageRequest::default()).await.unwrap().items.remove(0);
    let actor = Actor { caller: shore.world.caller(domain::accounts::Role::Architect).await, request_id: None };
    let ops = shore.world.domain.ops();
    let vendor = shore.world.vendor().await.profile;
    let refused = ops.credit_deposit(&actor, stray.id, vendor, None).await.unwrap_err();
    assert_eq!(refused.fields()[0].pointer, "/profile_id");
    let given = ops.credit_deposit(&actor, stray.id, shore.agent.profile, None).await.unwrap().into_inner();
    assert_eq!((given.state, given.attribution), (DepositState::Credited, Some(Attribution::Operator)));
    let other = shore.world.payer(0).await.profile;
    assert_eq!(ops.credit_deposit(&actor, stray.id, other, None).await.unwrap_err().code(), "conflict");
    assert_eq!((shore.available().await, shore.suspense().await), (40, 0));
    let unknown = shore.world.domain.queue().ids().next();
    assert_eq!(ops.credit_deposit(&actor, unknown, other, None).await.unwrap_err().code(), "not-found");
    assert_eq!(shore.world.database.count("SELECT count(*) FROM api_audit WHERE action = 'credit_deposit'").await, 1);
    shore.world.finish().await;
}

async fn every_transfer_of_a_transaction_is_booked_once(shore: Shore) {
    let memo = shore.agent.profile.to_string();
    let both = [shore.sent(stranger(), 30, Some(&memo)), shore.sent(stranger(), 12, None)];
    shore.cluster.sends_all(&both);
    for _ in 0..2 {
        shore.index().await;
        assert_eq!((shore.available().await, shore.rows().await), (42, 2), "the memo stands before both");
        // As if nothing had been read yet.
        shore.world.database.execute("UPDATE custody_signatures SET state = 'pending', look_at = 0").await;
        shore.world.database.execute("UPDATE custody_accounts SET cursor_signature = NULL, cursor_slot = 0").await;
    }
    shore.world.finish().await;
}

async fn what_failed_is_not_booked(shore: Shore) {
    let memo = shore.agent.profile.to_string();
    let signature = shore.cluster.fails(shore.sent(stranger(), 30, Some(&memo)));
    shore.index().await;
    assert_eq!((shore.available().await, shore.rows().await), (0, 0));
    let refused = shore.world.domain.deposits().verify(signature, shore.agent.profile, no_job()).await.unwrap_err();
    assert_eq!(refused.code(), "deposit-refused");
    assert!(refused.to_string().contains("failed on chain"), "{refused}");
    shore.world.finish().await;
}

async fn a_memo_of_odd_characters_stops_nothing(shore: Shore) {
    let long = "é\0\u{7}".repeat(500);
    shore.cluster.sends(shore.sent(stranger(), 1, Some(&long)));
    shore.deposits(2);
    shore.index().await;
    assert_eq!((shore.available().await, shore.suspense().await), (2, 1));
    shore.world.finish().await;
}

async fn a_node_that_is_away_in_between_loses_and_repeats_nothing(shore: Shore) {
    let settings = domain::deposits::Settings { page_signatures: 3, requests_max: 1, ..domain::deposits::Settings::default() };
    let domain = shore.world.domain_set(domain::Settings { deposits: settings, ..shore.world.domain.settings().clone() });
    for amount in 1..=20 {
        shore.deposits(amount);
    }
    // Each time it answers a little longer than the last time, so that it goes away at every point of the way.
    let mut answers = 0;
    loop {
        shore.cluster.goes_away_after(answers);
        let done = domain.deposits().index().await;
        shore.cluster.is_back();
        shore.world.database.execute("UPDATE custody_signatures SET look_at = 0").await;
        match done {
            Err(error) => assert_eq!(error.class(), domain::Class::Unavailable, "{error}"),
            Ok(done) if !done.is_behind && shore.rows().await == 20 => break,
            Ok(_) => {}
        }
        answers += 1;
        assert!(answers < 200, "it never gets there");
    }
    assert!(answers > 3);
    assert_eq!((shore.available().await, shore.rows().await), (210, 20));
    shore.world.finish().await;
}

async fn a_transaction_that_is_not_to_be_had_keeps_the_others_waiting_for_nothing(shore: Shore) {
    let first = shore.deposits(1);
    shore.deposits(2);
    shore.cluster.withholds(first);
    shore.index().await;
    assert_eq!(shore.available().await, 2);
    shore.cluster.age(1_000);
    shore.deposits(4);
    shore.index().await;
    assert_eq!(shore.available().await, 6, "what is newer is found, and what is missing is not forgotten");
    shore.cluster.withholds_nothing();
    shore.world.database.execute("UPDATE custody_signatures SET look_at = 0").await;
    shore.index().await;
    assert_eq!((shore.available().await, shore.rows().await), (7, 3));
    shore.world.finish().await;
}

async fn pages_out_of_order_and_a_forgotten_cursor_lose_and_repeat_nothing(shore: Shore) {
    let settings = domain::deposits::Settings { page_signatures: 4, pages_max: 2, ..domain::deposits::Settings::default() };
    let domain = shore.world.domain_set(domain::Settings { deposits: settings, ..shore.world.domain.settings().clone() });
    shore.cluster.shuffles();
    let mut sum = 0;
    for round in 0..4 {
        for amount in 1..=9 {
            shore.deposits(amount);
            sum += i64::try_from(amount).unwrap();
        }
        if round == 2 {
            shore.cluster.forgets_cursors();
        }
        while domain.deposits().index().await.unwrap().is_behind {
            // What comes while the walk is under way is found by the next one.
            if sum % 2 == 1 {
                shore.deposits(1);
                sum += 1;
            }
        }
        shore.cluster.age(500);
        while domain.deposits().index().await.unwrap().is_behind {}
        assert_eq!(shore.available().await, sum, "round {round}");
    }
    assert_eq!(shore.cluster.largest_page(), 4);
    shore.world.finish().await;
}

async fn both_ways_at_once_credit_once(shore: Shore) {
    for amount in 1..=20 {
        let signature = shore.deposits(amount);
        let index = |domain: domain::Domain| testkit::spawn(async move { domain.deposits().index().await.map(drop) });
        let verify = |domain: domain::Domain, agent| {
            testkit::spawn(async move { domain.deposits().verify(signature, agent, no_job()).await.map(drop) })
        };
        let (domain, agent) = (&shore.world.domain, shore.agent.profile);
        let all = [index(domain.clone()), verify(domain.clone(), agent), verify(domain.clone(), agent), index(domain.clone())];
        for one in all {
            one.await.unwrap().unwrap();
        }
    }
    shore.index().await;
    assert_eq!((shore.available().await, shore.rows().await), (210, 20));
    shore.world.finish().await;
}

async fn who_asks_for_a_transaction_is_told_what_is_wrong_with_it(shore: Shore) {
    let (deposits, agent) = (shore.world.domain.deposits(), &shore.agent);
    let wrong = deposits.claim(&agent.caller, "no transaction", None).await.unwrap_err();
    assert_eq!(wrong.fields()[0].pointer, "/tx_hash");
    let vendor = shore.world.vendor().await.caller;
    let unknown = Signature::from_bytes([5; 64]);
    assert_eq!(deposits.claim(&vendor, &unknown.to_string(), None).await.unwrap_err().code(), "profile-required");

    let claimed = deposits.claim(&agent.caller, &unknown.to_string(), None).await.unwrap().into_inner();
    assert_eq!(deposits.verify(unknown, agent.profile, claimed.job_id).await.unwrap(), Verified::NotFinal);
    shore.world.run_jobs().await;
    assert!(shore.world.wait_of(claimed.job_id).await > Duration::from_secs(1), "it is waited for");
    shore.world.database.execute("UPDATE jobs SET created_at = 1, run_at = 1").await;
    shore.world.run_jobs().await;
    let job = shore.world.job(claimed.job_id).await;
    assert_eq!(job.error_code.as_deref(), Some("not-found"));

    let elsewhere = shore.cluster.sends(testkit::Sent { to: stranger(), ..shore.sent(stranger(), 5, None) });
    let refused = deposits.verify(elsewhere, agent.profile, no_job()).await.unwrap_err();
    assert!(refused.to_string().contains("nothing to an account of ours"), "{refused}");
    let other = shore.cluster.sends_another_token(5);
    let refused = deposits.verify(other, agent.profile, no_job()).await.unwrap_err();
    assert!(refused.to_string().contains("a token to us that is not taken"), "{refused}");
    assert_eq!(shore.rows().await, 0);
    shore.world.finish().await;
}

async fn to_name_a_transaction_does_not_make_it_ones_own(shore: Shore) {
    let stray = shore.strays(40);
    let claimed = shore.world.domain.deposits().claim(&shore.agent.caller, &stray.to_string(), None).await.unwrap().into_inner();
    shore.world.run_jobs().await;
    let result = shore.world.job(claimed.job_id).await.result.unwrap();
    assert_eq!((result["deposits"].as_array().map(Vec::len), result["unattributed"].as_u64()), (Some(0), Some(1)));
    let other = shore.world.payer(0).await;
    let theirs = other.profile.to_string();
    let signature = shore.cluster.sends(shore.sent(stranger(), 3, Some(&theirs)));
    let found = shore.world.domain.deposits().verify(signature, shore.agent.profile, no_job()).await.unwrap();
    assert_eq!(found, Verified::Booked { credited: Vec::new(), unattributed: 0 });
    assert_eq!((shore.available().await, shore.suspense().await), (0, 40));
    shore.world.finish().await;
}

async fn whoever_deposits_is_told(shore: Shore) {
    shore.world.webhook(&shore.agent.caller, "https://hooks.example/in", &["deposit.credited"]).await;
    shore.deposits(4);
    shore.strays(5);
    shore.index().await;
    while domain::events::sequence(&shore.world.domain, 100).await.unwrap() > 0 {}
    assert_eq!(shore.world.told(&format!("user:{}", shore.agent.caller.user_id)).await, ["credited"]);
    assert_eq!(shore.world.database.count("SELECT count(*) FROM webhook_deliveries WHERE event = 'deposit.credited'").await, 1);
    shore.world.run_jobs().await;
    shore.world.finish().await;
}

/// Whoever deposits USDC on the main cluster means the mint that payments mean.
#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_the_main_cluster_is_the_one_that_payments_are_made_in() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = testkit::World::on(kind).await;
        let mint = world.house_mint();
        let count = format!("SELECT count(*) FROM tokens WHERE network = 'mainnet' AND symbol = 'USDC' AND mint = '{mint}'");
        assert_eq!(world.database.count(&count).await, 1);
        world.finish().await;
    }
}

/// 10,000 signatures, most of them dust and failures, in bounded pages; the process ends in the middle and begins again.
async fn a_long_backlog(kind: Kind) {
    let settings = domain::deposits::Settings { pages_max: 4, transactions_max: 1_500, ..domain::deposits::Settings::default() };
    let shore = Shore::with(kind, domain::Settings { deposits: settings, ..domain::Settings::default() }).await;
    let memo = shore.agent.profile.to_string();
    for number in 0..10_000_u32 {
        let _ = match number % 20 {
            0 => shore.deposits(1),
            1 => shore.cluster.sends(shore.sent(stranger(), 0, Some(&memo))),
            _ => shore.cluster.fails(shore.sent(stranger(), 1, Some(&memo))),
        };
    }
    let (mut jobs, mut seen) = (0, 0);
    loop {
        // Nothing is kept in memory from one to the next.
        let again = shore.world.domain_set(shore.world.domain.settings().clone());
        let done = again.deposits().index().await.unwrap();
        (jobs, seen) = (jobs + 1, seen + done.deposits);
        if !done.is_behind {
            break;
        }
    }
    assert!(jobs > 2, "it is bounded: {jobs}");
    assert_eq!((shore.available().await, shore.rows().await, seen), (500, 500, 500));
    assert_eq!(shore.cluster.largest_page(), 1_000);
    let order = "SELECT count(*) FROM deposits a JOIN deposits b ON a.id < b.id AND a.slot > b.slot";
    assert_eq!(shore.world.database.count(order).await, 0, "the oldest came first");
    shore.world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_signatures_are_caught_up_with_on_sqlite() {
    a_long_backlog(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_signatures_are_caught_up_with_on_postgres() {
    a_long_backlog(Kind::Postgres).await;
}
