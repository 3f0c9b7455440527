//! Payouts from the vendor's request to their wallet: rows, ledger and chain together.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::entities::id::{BatchId, PayoutId};
use domain::entities::{Address, Amount};
use domain::ledger::{Account, AccountKind};
use domain::ports::chain::{Chain, Treasury};
use domain::settlements::{PayoutRequest, PayoutState, Progress, Settings as SettlementSettings, SettlementError};
use domain::tokens::NewToken;
use domain::{Class, Domain, Fault as _, Ports, Settings};
use solana_sdk::pubkey::Pubkey;
use solana_sdk::signer::Signer as _;
use spl_token_2022_interface::instruction::freeze_account;
use testkit::{Kind, Trader, World, until};

use crate::faulty::FaultyNode;
use crate::stage::{CUSTODY, Stage, person, theirs};

const SPL_TOKEN: Pubkey = solana_sdk::pubkey!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");

/// A house on a chain of its own, with a vendor who has earned enough.
struct House {
    world: World,
    stage: Stage,
    node: Arc<FaultyNode>,
    domain: Domain,
    vendor: Trader,
    earned: i64,
}

impl House {
    async fn open(kind: Kind, earned: i64) -> Self {
        let stage = Stage::new().await;
        let mut settings =
            Settings { settlements: SettlementSettings { look_ms: 20, ..SettlementSettings::default() }, ..Settings::default() };
        settings.payments.mint = stage.mint;
        let world = World::with(kind, settings).await;
        let node = FaultyNode::before(&stage.node);
        let ports = Ports {
            chain: Some(Arc::clone(&node) as Arc<dyn Chain>),
            treasury: Some(Arc::clone(&stage.treasury) as Arc<dyn Treasury>),
            ..world.domain.ports().clone()
        };
        let domain = world.domain_with(ports);
        domain.tokens().add(NewToken { symbol: "USDC".into(), mint: stage.mint }).await.expect("it is taken");
        let vendor = world.vendor().await;
        world.fill(Account::of(AccountKind::VendorUnsettled, vendor.profile, stage.mint), earned).await;
        Self { world, stage, node, domain, vendor, earned }
    }

    async fn asks(&self, to: Address, amount: i64, reference: &str) -> PayoutId {
        let request = order(to, amount, reference);
        self.domain.settlements().request(&self.vendor.caller, request, None).await.expect("it is accepted").into_inner().payout_id
    }

    /// So many payouts of that much to as many people.
    async fn ask_many(&self, count: usize, amount: i64) -> Vec<PayoutId> {
        let mut payouts = Vec::new();
        for number in 0..count {
            payouts.push(self.asks(person(number), amount, &format!("invoice {number}")).await);
        }
        payouts
    }

    /// Put what waits into batches, and answer those that are not over.
    async fn batches(&self) -> Vec<BatchId> {
        self.domain.settlements().seal().await.expect("the database answers");
        self.domain.settlements().live().await.expect("the database answers")
    }

    /// Step after step until it is over, as its job does.
    async fn settles(&self, batch: BatchId) -> usize {
        let mut paid = None;
        until("the batch is over", async || {
            match self.domain.settlements().settle(batch).await {
                Ok(Progress::Over { paid: lines }) => paid = Some(lines),
                Ok(Progress::Later { .. }) => {}
                Err(error) => assert!(matches!(error.class(), Class::Unavailable | Class::Conflict), "{error}"),
            }
            paid.is_some()
        })
        .await;
        paid.expect("it is over")
    }

    async fn state(&self, payout: PayoutId) -> PayoutState {
        self.domain.settlements().find(payout).await.expect("it answers").expect("it is there").state
    }

    /// What the vendor may ask for, what is on its way, and what has arrived.
    async fn figures(&self) -> (i64, i64, i64) {
        let held = async |kind| self.world.figures(Account::of(kind, self.vendor.profile, self.stage.mint)).await.posted;
        (held(AccountKind::VendorUnsettled).await, held(AccountKind::VendorInFlight).await, held(AccountKind::VendorSettled).await)
    }

    /// Rows, ledger and chain agree: so much was paid, once.
    async fn paid(self, amount: i64) {
        assert_eq!(self.figures().await, (self.earned - amount, 0, amount));
        assert_eq!(self.stage.held(self.stage.custody()).await, CUSTODY - u64::try_from(amount).expect("it is one"));
        assert_eq!(self.domain.settlements().live().await.expect("it answers"), []);
        assert_eq!(self.world.ledger_breaks().await, Vec::<String>::new());
        self.world.shut_down().await;
    }
}

fn order(to: Address, amount: i64, reference: &str) -> PayoutRequest {
    let amount = Amount::new(amount).expect("it is one");
    PayoutRequest { amount, mint: None, destination_wallet: to, reference: reference.into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_payouts_to_wallets_without_accounts_are_paid_by_few_transactions() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let house = House::open(kind, 1_000_000).await;
        let payouts = house.ask_many(45, 1_000).await;
        assert_eq!(house.figures().await, (955_000, 45_000, 0), "it is in flight at once");
        let batches = house.batches().await;
        assert_eq!(batches.len(), 2, "forty and five");
        for batch in batches {
            house.settles(batch).await;
        }
        for (number, payout) in payouts.iter().enumerate() {
            assert_eq!(house.state(*payout).await, PayoutState::Confirmed);
            assert_eq!(house.stage.held(house.stage.account(person(number))).await, 1_000);
        }
        house.paid(45_000).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_cannot_be_paid_goes_back_with_its_reason() {
    let house = House::open(Kind::Sqlite, 10_000).await;
    let payouts = house.ask_many(3, 1_000).await;
    let vendors = house.stage.vendors(3).await;
    let authority = Stage::authority();
    let freeze = freeze_account(&SPL_TOKEN, &theirs(vendors[1]), &theirs(house.stage.mint), &authority.pubkey(), &[]).expect("it is one");
    house.stage.by(&authority, &[freeze]).await;
    let batch = house.batches().await[0];
    assert_eq!(house.settles(batch).await, 2);
    let back = house.domain.settlements().get(&house.vendor.caller, payouts[1]).await.expect("it is theirs");
    assert_eq!(back.state, PayoutState::Returned);
    assert!(back.failure.is_some_and(|why| why.contains("frozen")));
    house.paid(2_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_which_nothing_can_be_paid_is_over_and_pays_nothing() {
    let house = House::open(Kind::Sqlite, 10_000).await;
    house.ask_many(1, 1_000).await;
    let vendor = house.stage.vendors(1).await[0];
    let authority = Stage::authority();
    let freeze = freeze_account(&SPL_TOKEN, &theirs(vendor), &theirs(house.stage.mint), &authority.pubkey(), &[]).expect("it is one");
    house.stage.by(&authority, &[freeze]).await;
    let batch = house.batches().await[0];
    assert_eq!(house.settles(batch).await, 0);
    house.paid(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_reference_is_one_payout_and_nobody_gets_more_than_they_earned() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let house = House::open(kind, 1_500).await;
        let first = house.asks(person(0), 1_000, "invoice").await;
        assert_eq!(house.asks(person(0), 1_000, "invoice").await, first);
        let settlements = house.domain.settlements();
        let other = settlements.request(&house.vendor.caller, order(person(1), 1_000, "invoice"), None).await;
        assert!(matches!(other, Err(SettlementError::Reference { id }) if id == first), "{other:?}");
        let too_much = settlements.request(&house.vendor.caller, order(person(1), 501, "more"), None).await.expect_err("it is too much");
        assert_eq!(too_much.code(), "insufficient-funds");
        let nothing = settlements.request(&house.vendor.caller, order(person(1), 0, ""), None).await.expect_err("it is nothing");
        assert_eq!(nothing.fields().len(), 2);
        let batch = house.batches().await[0];
        house.settles(batch).await;
        house.paid(1_000).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custody_that_is_short_keeps_the_batch_waiting_and_gives_nothing_back() {
    let house = House::open(Kind::Sqlite, 2 * i64::try_from(CUSTODY).expect("it is small")).await;
    let amount = i64::try_from(CUSTODY).expect("it is small") + 1;
    let payout = house.asks(person(0), amount, "all").await;
    let batch = house.batches().await[0];
    let waits = house.domain.settlements().settle(batch).await.expect("it answers");
    assert!(matches!(&waits, Progress::Later { why, .. } if why.contains("custody")), "{waits:?}");
    assert_eq!(house.state(payout).await, PayoutState::Batched);
    house.stage.give(house.stage.treasury.address(), 1).await;
    house.settles(batch).await;
    assert_eq!(house.stage.held(house.stage.account(person(0))).await, CUSTODY + 1);
    assert_eq!(house.figures().await.2, amount);
    house.world.shut_down().await;
}

/// The faults of nodes, each as often as named; the batch is paid once all the same.
async fn paid_despite(fault: impl Fn(&FaultyNode)) -> Arc<FaultyNode> {
    let house = House::open(Kind::Sqlite, 10_000).await;
    house.ask_many(3, 1_000).await;
    house.stage.vendors(3).await;
    let batch = house.batches().await[0];
    fault(&house.node);
    assert_eq!(house.settles(batch).await, 3);
    let node = Arc::clone(&house.node);
    house.paid(3_000).await;
    node
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_says_that_it_did_not_take_what_it_took_pays_once() {
    paid_despite(|node| node.denies.store(5, Ordering::SeqCst)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_away_again_and_again_delays_and_no_more() {
    paid_despite(|node| node.away.store(7, Ordering::SeqCst)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_does_not_know_what_it_took_is_sent_the_same_bytes() {
    let node = paid_despite(|node| node.forgets.store(3, Ordering::SeqCst)).await;
    assert!(node.sends.load(Ordering::SeqCst) > 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sends_that_are_dropped_until_the_blockhash_expires_are_made_good_by_a_new_attempt() {
    let house = House::open(Kind::Sqlite, 10_000).await;
    house.ask_many(2, 1_000).await;
    house.stage.vendors(2).await;
    let batch = house.batches().await[0];
    house.node.drops.store(u32::MAX, Ordering::SeqCst);
    until("the attempt has expired", async || {
        let step = house.domain.settlements().settle(batch).await.expect("it answers");
        assert!(matches!(step, Progress::Later { .. }), "{step:?}");
        house.world.database.count("SELECT count(*) FROM chain_transactions WHERE state = 'expired'").await == 1
    })
    .await;
    house.node.drops.store(0, Ordering::SeqCst);
    assert_eq!(house.settles(batch).await, 2);
    assert_eq!(house.world.database.count("SELECT count(*) FROM chain_transactions WHERE state = 'finalized'").await, 1);
    house.paid(2_000).await;
}

/// It knows no transaction and says that all blocks are long past: the attempt that landed is held for lost, and the marker keeps it from happening twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lies_about_height_and_history_cannot_make_us_pay_twice() {
    let house = House::open(Kind::Sqlite, 10_000).await;
    house.ask_many(2, 1_000).await;
    house.stage.vendors(2).await;
    let batch = house.batches().await[0];
    let step = house.domain.settlements().settle(batch).await.expect("it answers");
    assert!(matches!(step, Progress::Later { .. }), "{step:?}");
    let vendor = house.stage.account(person(0));
    until("the first attempt has paid", async || house.stage.held(vendor).await == 1_000).await;
    house.node.ahead.store(100_000, Ordering::SeqCst);
    house.node.forgets.store(1, Ordering::SeqCst);
    house.domain.settlements().settle(batch).await.expect("it answers");
    assert_eq!(house.world.database.count("SELECT count(*) FROM chain_transactions WHERE state = 'expired'").await, 1, "it is believed");
    house.node.ahead.store(0, Ordering::SeqCst);
    assert_eq!(house.settles(batch).await, 2);
    house.paid(2_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_settlers_of_one_batch_pay_once() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let house = House::open(kind, 100_000).await;
        house.ask_many(12, 1_000).await;
        let batch = house.batches().await[0];
        tokio::join!(house.settles(batch), house.settles(batch), house.settles(batch));
        house.paid(12_000).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_without_keys_leaves_the_batch_to_others() {
    let house = House::open(Kind::Sqlite, 10_000).await;
    house.ask_many(1, 1_000).await;
    let batch = house.batches().await[0];
    let refused = house.world.domain.settlements().settle(batch).await.expect_err("it has no keys");
    assert_eq!(refused.class(), Class::Unavailable);
    house.settles(batch).await;
    house.paid(1_000).await;
}
