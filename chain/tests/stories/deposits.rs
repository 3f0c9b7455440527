//! Real transfers on a real chain, found by the house and booked once.

use std::sync::Arc;

use domain::deposits::Verified;
use domain::entities::Address;
use domain::ledger::{self, Account, AccountKind};
use domain::ports::chain::{Chain, Treasury};
use domain::tokens::NewToken;
use domain::{Domain, Ports};
use solana_sdk::instruction::Instruction;
use solana_sdk::pubkey::Pubkey;
use solana_sdk::signature::Keypair;
use solana_sdk::signer::Signer as _;
use spl_token_2022_interface::instruction::transfer_checked;
use testkit::{Kind, TestWallet, Trader, World};

use crate::stage::{DECIMALS, Keys, Stage, theirs};

const MEMO: Pubkey = solana_sdk::pubkey!("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
const SPL_TOKEN: Pubkey = solana_sdk::pubkey!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// The stage gives the treasury its tokens before anybody deposits.
const MINTED: i64 = 1_000_000_000;

/// A house on the stage's chain that takes the stage's token, and an agent in it.
async fn house(world: &World, stage: &Stage) -> (Domain, Trader) {
    let treasury = chain::HotTreasury::open(&Keys).await.expect("the keys are there");
    let domain = world.domain_with(Ports {
        chain: Some(Arc::clone(&stage.node) as Arc<dyn Chain>),
        treasury: Some(Arc::new(treasury) as Arc<dyn Treasury>),
        ..world.domain.ports().clone()
    });
    domain.tokens().add(NewToken { symbol: "USDC".into(), mint: stage.mint }).await.expect("it is taken");
    (domain, world.payer(0).await)
}

async fn index(domain: &Domain) {
    while domain.deposits().index().await.expect("everybody answers").is_behind {}
}

async fn available(world: &World, stage: &Stage, agent: &Trader) -> i64 {
    let account = Account::of(AccountKind::Agent, agent.profile, stage.mint);
    ledger::balance(&world.database.db, account).await.expect("it answers").available()
}

fn pay(stage: &Stage, payer: &Keypair, amount: u64) -> Instruction {
    let source = stage.account(Address::from_bytes(payer.pubkey().to_bytes()));
    let (source, mint, custody) = (theirs(source), theirs(stage.mint), theirs(stage.custody()));
    transfer_checked(&SPL_TOKEN, &source, &mint, &custody, &payer.pubkey(), &[], amount, DECIMALS).expect("it is one")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_by_memo_and_one_from_a_linked_wallet_are_credited_once_each() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let (world, stage) = (World::on(kind).await, Stage::new().await);
        let (domain, agent) = house(&world, &stage).await;
        let said = domain.deposits().addresses(&agent.caller).await.expect("the account is open").remove(0);
        assert_eq!((said.account, said.owner, said.memo), (stage.custody(), stage.treasury.address(), agent.profile));

        let stranger = stage.holder(5, 7_000_000).await;
        let memo = Instruction::new_with_bytes(MEMO, said.memo.to_string().as_bytes(), Vec::new());
        let by_memo = stage.by(&stranger, &[memo, pay(&stage, &stranger, 2_500_000), pay(&stage, &stranger, 500_000)]).await;

        let wallet = TestWallet::of([6; 32]);
        let login = wallet.answers(&world).await;
        world.domain.sign_ins().add_wallet(&agent.caller, &login, None).await.expect("it is linked");
        let linked = stage.holder(6, 4_000_000).await;
        assert_eq!(Address::from_bytes(linked.pubkey().to_bytes()), wallet.address());
        let by_wallet = stage.by(&linked, &[pay(&stage, &linked, 1_000_000)]).await;

        // Both ways to the same transactions, and each of them again.
        let nobody = uuid::Uuid::nil().into();
        for _ in 0..2 {
            let verified = domain.deposits().verify(by_wallet, agent.profile, nobody).await.expect("it is a deposit");
            assert!(matches!(&verified, Verified::Booked { credited, .. } if credited.len() == 1), "{verified:?}");
            index(&domain).await;
            let verified = domain.deposits().verify(by_memo, agent.profile, nobody).await.expect("it is a deposit");
            assert!(matches!(&verified, Verified::Booked { credited, .. } if credited.len() == 2), "{verified:?}");
            assert_eq!(available(&world, &stage, &agent).await, 4_000_000);
        }
        let suspense = ledger::balance(&world.database.db, Account::of_house(AccountKind::Suspense, stage.mint)).await;
        assert_eq!(suspense.expect("it answers").posted, MINTED, "what the mint made for the treasury is nobody's");

        let found = domain.reconciliation().check_all().await.expect("everybody answers").remove(0);
        assert_eq!((found.custody, found.drift, found.stopped, found.reason), (MINTED + 4_000_000, 0, false, None));
        world.finish().await;
    }
}

/// Whoever has the treasury's key can take everything; the house notices.
#[tokio::test(flavor = "multi_thread")]
async fn money_that_leaves_without_a_payout_is_noticed() {
    let (world, stage) = (World::new().await, Stage::new().await);
    let (domain, _) = house(&world, &stage).await;
    assert!(!domain.reconciliation().check_all().await.expect("everybody answers")[0].stopped);
    let vendors = stage.vendors(1).await;
    let signed = stage.attempt(&stage.batch(&vendors, 7)).await;
    stage.node.send(&signed).await.expect("the node takes it");
    assert_eq!(stage.finalized(signed.signature).await.failure, None);
    let found = domain.reconciliation().check_all().await.expect("everybody answers").remove(0);
    assert_eq!((found.stopped, found.unexplained, found.drift), (true, -7, -7), "{:?}", found.reason);
    assert!(domain.reconciliation().is_stopped(stage.mint).await.expect("it answers"));
    world.finish().await;
}
