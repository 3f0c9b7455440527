//! The table of tokens beside the chain that it speaks of.

use std::sync::Arc;

use domain::ports::chain::Chain;
use domain::tokens::{NewToken, TokenError};
use domain::{Domain, Ports};
use testkit::{Kind, World};

use crate::stage::{DECIMALS, PROGRAM, Stage, person};

fn on(world: &World, stage: &Stage) -> Domain {
    world.domain_with(Ports { chain: Some(Arc::clone(&stage.node) as Arc<dyn Chain>), ..world.domain.ports().clone() })
}

fn usdc(stage: &Stage) -> NewToken {
    NewToken { symbol: "USDC".into(), mint: stage.mint }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_taken_as_its_mint_says_once() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let (world, stage) = (World::on(kind).await, Stage::new().await);
        let domain = on(&world, &stage);
        let token = domain.tokens().add(usdc(&stage)).await.expect("it is taken");
        assert_eq!((token.decimals, token.token_program, token.network.as_str()), (i32::from(DECIMALS), PROGRAM, "localnet"));
        assert_eq!(domain.tokens().add(usdc(&stage)).await.expect("it is there"), token);
        assert_eq!(domain.tokens().list().await.expect("it answers"), std::slice::from_ref(&token));
        assert_eq!(domain.tokens().named("USDC").await.expect("it is there"), token);
        assert_eq!(domain.tokens().get(stage.mint).await.expect("it is there"), token);
        assert_eq!(domain.tokens().check().await.expect("all is as written"), [token]);
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_or_a_mint_that_another_token_has_is_refused() {
    let (world, stage) = (World::new().await, Stage::new().await);
    let domain = on(&world, &stage);
    domain.tokens().add(usdc(&stage)).await.expect("it is taken");
    let other = stage.mill().await.mint("CLONES", 9).await.expect("it is made");
    let taken = domain.tokens().add(NewToken { symbol: "USDC".into(), mint: other }).await;
    assert!(matches!(&taken, Err(TokenError::SymbolTaken { mint, .. }) if *mint == stage.mint), "{taken:?}");
    let taken = domain.tokens().add(NewToken { symbol: "DOLLAR".into(), mint: stage.mint }).await;
    assert!(matches!(&taken, Err(TokenError::MintTaken { symbol, .. }) if symbol == "USDC"), "{taken:?}");
    let nothing = domain.tokens().add(NewToken { symbol: "VOID".into(), mint: person(1) }).await;
    assert!(matches!(nothing, Err(TokenError::NotOnChain { .. })), "{nothing:?}");
    for symbol in ["", "usdc", "US DC", "SEVENTEENLETTERSX"] {
        let refused = domain.tokens().add(NewToken { symbol: symbol.into(), mint: other }).await;
        assert!(matches!(refused, Err(TokenError::Symbol { .. })), "{symbol}: {refused:?}");
    }
    let missing = domain.tokens().named("CLONES").await;
    assert!(matches!(missing, Err(TokenError::Missing { .. })), "{missing:?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn decimals_that_are_not_the_mints_are_found() {
    let (world, stage) = (World::new().await, Stage::new().await);
    let domain = on(&world, &stage);
    domain.tokens().add(usdc(&stage)).await.expect("it is taken");
    world.database.execute("UPDATE tokens SET decimals = 9 WHERE symbol = 'USDC' AND network = 'localnet'").await;
    let found = domain.tokens().check().await;
    assert!(matches!(found, Err(TokenError::Differs { written: (9, _), found: (6, _), .. })), "{found:?}");
    assert!(matches!(world.domain.tokens().check().await, Err(TokenError::NoChain)), "a process without a cluster cannot know");
    world.finish().await;
}
