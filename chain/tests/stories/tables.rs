//! Lookup tables, and how much fits.

use domain::ports::chain::{Chain as _, LookupTable, PayoutBatch, Treasury as _, TreasuryError};
use testkit::until;

use crate::stage::{FEE, Stage, person};

/// A table that names the mint, custody and these accounts, when it may be used.
pub async fn table(stage: &Stage, accounts: &[domain::entities::Address]) -> LookupTable {
    let all = [&[stage.mint, stage.custody()], accounts].concat();
    let mut chunks = all.chunks(PayoutBatch::TABLE_GROWTH_MAX);
    let (slot, blockhash) = (stage.node.slot().await.expect("it answers"), stage.node.blockhash().await.expect("it answers"));
    let (address, draft) = stage.treasury.draft_table(slot, chunks.next().expect("there are some"), blockhash).expect("they fit");
    stage.lands(&draft).await;
    for more in chunks {
        let blockhash = stage.node.blockhash().await.expect("it answers");
        stage.lands(&stage.treasury.draft_table_growth(address, more, blockhash).expect("they fit")).await;
    }
    let found = stage.node.lookup_table(address).await.expect("it answers").expect("it is there");
    until("what was added last may be used", async || stage.node.slot().await.expect("it answers") > found.extended_slot).await;
    found
}

#[tokio::test]
async fn a_table_grows_and_keeps_its_order() {
    let stage = Stage::new().await;
    let accounts: Vec<_> = (0..45).map(person).collect();
    let table = table(&stage, &accounts).await;
    assert!(table.is_active);
    assert_eq!(table.addresses[..2], [stage.mint, stage.custody()]);
    assert_eq!(table.addresses[2..], accounts);
    assert!(stage.node.lookup_table(stage.mint).await.is_err(), "a mint is no table");
    assert_eq!(stage.node.lookup_table(person(99)).await.expect("it answers"), None);
}

#[tokio::test]
async fn forty_payouts_fit_with_a_table_and_one_more_is_refused() {
    let stage = Stage::new().await;
    let accounts = stage.vendors(PayoutBatch::LINES_MAX).await;
    let mut batch = stage.batch(&accounts, 1_000);
    let blockhash = stage.node.blockhash().await.expect("it answers");
    let without = stage.treasury.draft_payouts(&batch, FEE, blockhash);
    assert!(matches!(without, Err(TreasuryError::Size { .. })), "{without:?}");

    batch.table = Some(table(&stage, &accounts).await);
    let draft = stage.treasury.draft_payouts(&batch, FEE, stage.node.blockhash().await.expect("it answers")).expect("forty fit");
    let tried = stage.node.simulate(&draft).await.expect("it answers");
    assert_eq!(tried.failure, None);
    assert!(tried.compute_units > 0 && tried.compute_units < FEE.compute_units_max.into(), "{tried:?}");
    stage.lands(&draft).await;
    for account in &accounts {
        assert_eq!(stage.held(*account).await, 1_000);
    }

    let one_more = stage.batch(&[accounts, vec![stage.custody()]].concat(), 1);
    let refused = stage.treasury.draft_payouts(&one_more, FEE, blockhash);
    assert_eq!(refused, Err(TreasuryError::Count { given: 41, max: 40 }));
}
