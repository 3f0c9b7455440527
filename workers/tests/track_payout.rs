//! `track_payout`: the operation ends as the payout does, and changes nothing.

use domain::entities::id::{JobId, PayoutId};
use domain::entities::{Address, Amount, job};
use domain::ledger::{Account, AccountKind};
use domain::settlements::PayoutRequest;
use testkit::World;

async fn asked(world: &World) -> (PayoutId, JobId) {
    let vendor = world.vendor().await;
    world.fill(Account::of(AccountKind::VendorUnsettled, vendor.profile, world.house_mint()), 1_000).await;
    let wallet = Address::from_bytes([9; 32]);
    let request = PayoutRequest { amount: Amount::new(1_000).unwrap(), mint: None, destination_wallet: wallet, reference: "one".into() };
    let asked = world.domain.settlements().request(&vendor.caller, request, None).await.unwrap().into_inner();
    (asked.payout_id, asked.job_id)
}

#[tokio::test]
async fn a_payout_on_its_way_keeps_its_operation_open() {
    let world = World::new().await;
    let (_, id) = asked(&world).await;
    world.run_jobs().await;
    world.skip_waits().await;
    world.run_jobs().await;
    let waits = world.job(id).await;
    assert_eq!((waits.state, waits.failures), (job::State::Queued, 0));
    world.shut_down().await;
}

#[tokio::test]
async fn a_payout_that_came_back_fails_its_operation_with_the_reason() {
    let world = World::new().await;
    let (_, id) = asked(&world).await;
    world.database.execute("UPDATE payouts SET state = 'returned', failure = 'the token account is frozen', ended_at = 1").await;
    for _ in 0..2 {
        world.run_jobs().await;
        let failed = world.job(id).await;
        assert_eq!(failed.state, job::State::Failed);
        assert!(failed.last_error.unwrap_or_default().contains("frozen"));
        world.repeat_jobs().await;
    }
    world.run_jobs().await;
    world.shut_down().await;
}
