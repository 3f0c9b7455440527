//! One batch: all lines or none, and once.

use domain::ports::chain::{Blame, Chain as _, Page, Treasury as _, TreasuryError};
use solana_sdk::pubkey::Pubkey;
use solana_sdk::signer::Signer as _;
use spl_token_2022_interface::instruction::{close_account, freeze_account};

use crate::stage::{CUSTODY, FEE, Stage, person, theirs};

const SPL_TOKEN: Pubkey = solana_sdk::pubkey!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");

#[tokio::test]
async fn a_batch_is_tried_without_a_signature_then_signed_and_paid() {
    let stage = Stage::new().await;
    let vendors = stage.vendors(3).await;
    let batch = stage.batch(&vendors, 2_000_000);
    let draft = stage.treasury.draft_payouts(&batch, FEE, stage.node.blockhash().await.expect("it answers")).expect("it fits");
    assert_eq!(draft.wire[1..65], [0; 64], "nobody can send what is tried");
    assert_eq!(stage.node.simulate(&draft).await.expect("it answers").failure, None);
    assert_eq!(stage.held(stage.custody()).await, CUSTODY, "trying moves nothing");

    let signature = stage.lands(&draft).await;
    for vendor in &vendors {
        assert_eq!(stage.held(*vendor).await, 2_000_000);
    }
    assert_eq!(stage.held(stage.custody()).await, CUSTODY - 6_000_000);
    let marked = stage.node.signatures(stage.treasury.marker(batch.id), Page { before: None, until: None, size: 10 }).await;
    let marked: Vec<_> = marked.expect("it answers").into_iter().map(|seen| seen.signature).collect();
    assert_eq!(marked, [signature], "the marker names the payment");
}

#[tokio::test]
async fn accounts_are_made_once_and_never_too_many_in_one_transaction() {
    let stage = Stage::new().await;
    let first = stage.vendors(10).await;
    assert_eq!(stage.vendors(10).await, first, "a second time does nothing");
    let owners: Vec<_> = (0..11).map(person).collect();
    let blockhash = stage.node.blockhash().await.expect("it answers");
    let refused = stage.treasury.draft_accounts(&owners, stage.mint, crate::stage::PROGRAM, FEE, blockhash);
    assert_eq!(refused, Err(TreasuryError::Count { given: 11, max: 10 }));
    assert!(matches!(stage.treasury.draft_payouts(&stage.batch(&[], 1), FEE, blockhash), Err(TreasuryError::Count { given: 0, .. })));
}

/// The line is named before anything is sent, and the others are paid without it.
#[tokio::test]
async fn a_frozen_account_is_found_by_trying_and_the_others_are_paid() {
    let stage = Stage::new().await;
    let vendors = stage.vendors(4).await;
    let authority = Stage::authority();
    let freeze = freeze_account(&SPL_TOKEN, &theirs(vendors[2]), &theirs(stage.mint), &authority.pubkey(), &[]).expect("it is one");
    stage.by(&authority, &[freeze]).await;
    assert!(stage.node.token_accounts(&vendors).await.expect("it answers")[2].expect("it is there").is_frozen);
    pays_all_but(&stage, &vendors, 2, "frozen").await;
}

#[tokio::test]
async fn an_account_that_its_owner_closed_is_found_and_the_others_are_paid() {
    let stage = Stage::new().await;
    let mut vendors = stage.vendors(3).await;
    let owner = stage.holder(5, 0).await;
    let closed = stage.account(domain::entities::Address::from_bytes(owner.pubkey().to_bytes()));
    vendors.insert(1, closed);
    let close = close_account(&SPL_TOKEN, &theirs(closed), &owner.pubkey(), &owner.pubkey(), &[]).expect("it is one");
    stage.by(&owner, &[close]).await;
    pays_all_but(&stage, &vendors, 1, "no such token account").await;
}

async fn pays_all_but(stage: &Stage, vendors: &[domain::entities::Address], bad: usize, why: &str) {
    let mut batch = stage.batch(vendors, 1_000);
    let draft = stage.treasury.draft_payouts(&batch, FEE, stage.node.blockhash().await.expect("it answers")).expect("it fits");
    let tried = stage.node.simulate(&draft).await.expect("it answers").failure.expect("one line cannot be paid");
    let Blame::Line { index, reason } = stage.treasury.blame(&tried) else { panic!("{tried:?}") };
    assert_eq!(index, bad);
    assert!(reason.contains(why), "{reason}");

    // Sent all the same, nobody is paid, and the chain blames the same line.
    let signed = stage.treasury.sign(&draft).await.expect("the keys are here");
    stage.node.send(&signed).await.expect("the node takes it");
    let failure = stage.finalized(signed.signature).await.failure.expect("it cannot work");
    assert!(matches!(stage.treasury.blame(&failure), Blame::Line { index, .. } if index == bad), "{failure:?}");
    assert_eq!(stage.held(stage.custody()).await, CUSTODY);

    batch.lines.remove(bad);
    let signed = stage.attempt(&batch).await;
    stage.node.send(&signed).await.expect("the node takes it");
    assert_eq!(stage.finalized(signed.signature).await.failure, None, "the marker of a failed attempt was never made");
    assert_eq!(stage.held(stage.custody()).await, CUSTODY - 3_000);
}

#[tokio::test]
async fn custody_that_is_short_is_no_fault_of_a_line() {
    let stage = Stage::new().await;
    let vendors = stage.vendors(2).await;
    let batch = stage.batch(&vendors, i64::try_from(CUSTODY).expect("it is small"));
    let draft = stage.treasury.draft_payouts(&batch, FEE, stage.node.blockhash().await.expect("it answers")).expect("it fits");
    let failure = stage.node.simulate(&draft).await.expect("it answers").failure.expect("there is not enough");
    assert!(matches!(stage.treasury.blame(&failure), Blame::Batch { .. }), "{failure:?}");
}
