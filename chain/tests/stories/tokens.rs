//! Mints, token accounts, SOL.

use domain::entities::Address;
use domain::entities::token::TokenProgram;
use domain::ports::chain::{Chain as _, ChainError, Treasury as _};

use crate::stage::{CUSTODY, DECIMALS, Stage, person};

#[tokio::test]
async fn a_mint_says_its_decimals_and_its_program_and_is_made_once() {
    let stage = Stage::new().await;
    let mint = stage.node.mint(stage.mint).await.expect("it answers").expect("it is there");
    assert_eq!((mint.decimals, mint.program, mint.supply), (DECIMALS, TokenProgram::SplToken, CUSTODY));
    assert_eq!(stage.mill().await.mint("USDC", DECIMALS).await.expect("it is there already"), stage.mint);
    let other = stage.mill().await.mint("USDC", 9).await;
    assert!(other.is_err(), "one symbol has one number of decimals");
    assert_ne!(stage.mill().await.mint("CLONES", 9).await.expect("another is made"), stage.mint);
}

#[tokio::test]
async fn what_is_no_mint_is_not_taken_for_one() {
    let stage = Stage::new().await;
    assert_eq!(stage.node.mint(person(1)).await.expect("it answers"), None, "nothing is there");
    for other in [stage.treasury.address(), stage.custody()] {
        let found = stage.node.mint(other).await;
        assert!(matches!(found, Err(ChainError::Unexpected { .. })), "{found:?}");
    }
}

#[tokio::test]
async fn a_token_account_says_whose_it_is_and_what_it_holds() {
    let stage = Stage::new().await;
    let account = stage.give(person(1), 12_500_000).await;
    let unused = stage.account(person(2));
    let found = stage.node.token_accounts(&[account, unused, stage.mint]).await.expect("it answers");
    let there = found[0].expect("it is there");
    assert_eq!((there.owner, there.mint, there.amount, there.is_frozen), (person(1), stage.mint, 12_500_000, false));
    assert_eq!(found[1..], [None, None], "no account, and something that is none");
}

#[tokio::test]
async fn more_accounts_than_a_node_takes_at_once_come_back_in_their_order() {
    let stage = Stage::new().await;
    let account = stage.give(person(0), 1).await;
    let asked: Vec<Address> = (1..150).map(person).chain([account]).collect();
    let found = stage.node.token_accounts(&asked).await.expect("it answers");
    assert_eq!(found.iter().position(Option::is_some), Some(149));
}

#[tokio::test]
async fn sol_comes_out_of_the_faucet() {
    let stage = Stage::bare().await;
    stage.mill().await.airdrop(person(1), 2_000_000_000).await.expect("the faucet gives");
    testkit::until("it is final", async || stage.node.lamports(person(1)).await.expect("it answers") == 2_000_000_000).await;
}
