//! What happened, as an indexer reads it.

use domain::entities::{Address, Signature};
use domain::ports::chain::{Chain as _, Page, Treasury as _};
use solana_sdk::instruction::Instruction;
use solana_sdk::pubkey::Pubkey;
use solana_sdk::signer::Signer as _;
use spl_token_2022_interface::instruction::transfer_checked;

use crate::stage::{DECIMALS, Stage, theirs};

const MEMO: Pubkey = solana_sdk::pubkey!("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
const SPL_TOKEN: Pubkey = solana_sdk::pubkey!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");

fn memo(text: &str) -> Instruction {
    Instruction::new_with_bytes(MEMO, text.as_bytes(), Vec::new())
}

fn page(size: usize) -> Page {
    Page { before: None, until: None, size }
}

#[tokio::test]
async fn a_deposit_is_read_with_its_sender_its_amount_and_its_memo() {
    let stage = Stage::new().await;
    let payer = stage.holder(5, 7_000_000).await;
    let from = Address::from_bytes(payer.pubkey().to_bytes());
    let (source, custody) = (stage.account(from), stage.custody());
    let pay = |amount| {
        transfer_checked(&SPL_TOKEN, &theirs(source), &theirs(stage.mint), &theirs(custody), &payer.pubkey(), &[], amount, DECIMALS)
    };
    let two = [memo("dep_0198"), pay(2_500_000).expect("it is one"), pay(500_000).expect("it is one")];
    let signature = stage.by(&payer, &two).await;

    let read = stage.node.transaction(signature).await.expect("it answers").expect("it is final");
    assert_eq!((read.signature, &read.failure, read.signers.as_slice()), (signature, &None, [from].as_slice()));
    assert!(read.at.is_some() && read.fee >= 5_000, "{read:?}");
    let arrived = read.changes.iter().find(|change| change.account == custody).expect("custody has changed");
    assert_eq!((arrived.mint, arrived.owner, arrived.after - arrived.before), (stage.mint, Some(stage.treasury.address()), 3_000_000));
    let moves: Vec<_> = read.moves.iter().map(|it| (it.instruction, it.inner, it.from, it.to, it.authority, it.amount)).collect();
    assert_eq!(moves, [(1, None, source, custody, Some(from), 2_500_000), (2, None, source, custody, Some(from), 500_000)]);
    let memos: Vec<_> = read.memos.iter().map(|memo| (memo.instruction, memo.text.as_str())).collect();
    assert_eq!(memos, [(0, "dep_0198")]);
}

#[tokio::test]
async fn a_transaction_that_is_not_final_or_unknown_is_not_there_yet() {
    let stage = Stage::bare().await;
    let unknown = Signature::from_bytes([9; 64]);
    assert_eq!(stage.node.transaction(unknown).await.expect("it answers"), None);
    assert_eq!(stage.node.statuses(&[unknown, unknown]).await.expect("it answers"), [None, None]);
}

#[tokio::test]
async fn the_history_of_an_address_is_read_in_pages_without_gap_or_repetition() {
    let stage = Stage::new().await;
    let account = stage.give(crate::stage::person(1), 1).await;
    for amount in 2..8 {
        stage.give(crate::stage::person(1), amount).await;
    }
    let all = stage.node.signatures(account, page(100)).await.expect("it answers");
    assert_eq!(all.len(), 7);
    assert!(all.windows(2).all(|pair| pair[0].slot >= pair[1].slot), "newest first: {all:?}");
    let mut paged = Vec::new();
    let mut before = None;
    loop {
        let some = stage.node.signatures(account, Page { before, until: None, size: 3 }).await.expect("it answers");
        let Some(last) = some.last() else { break };
        before = Some(last.signature);
        paged.extend(some);
    }
    assert_eq!(paged, all);
    let newer = stage.node.signatures(account, Page { before: None, until: Some(all[2].signature), size: 100 }).await.expect("it answers");
    assert_eq!(newer, all[..2]);
}
