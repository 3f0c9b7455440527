//! `seal_batches`: what waits gets its place once, and every batch keeps its job.

use domain::entities::{Address, Amount};
use domain::ledger::{Account, AccountKind};
use domain::settlements::{PayoutRequest, PayoutState};
use jobs::NewJob;
use jobs::kinds::{JobKind, SealBatches};
use testkit::World;

#[tokio::test]
async fn twice_is_once() {
    let world = World::new().await;
    let vendor = world.vendor().await;
    world.fill(Account::of(AccountKind::VendorUnsettled, vendor.profile, world.house_mint()), 1_000).await;
    let wallet = Address::from_bytes([9; 32]);
    let request = PayoutRequest { amount: Amount::new(1_000).unwrap(), mint: None, destination_wallet: wallet, reference: "one".into() };
    let payout = world.domain.settlements().request(&vendor.caller, request, None).await.unwrap().into_inner().payout_id;
    world.enqueue(NewJob::of(&SealBatches {}).unwrap()).await;
    world.run_jobs().await;
    world.database.execute("UPDATE jobs SET state = 'queued', run_at = 1, finished_at = NULL WHERE kind = 'seal_batches'").await;
    world.run_jobs().await;
    assert_eq!(world.domain.settlements().find(payout).await.unwrap().unwrap().state, PayoutState::Batched);
    assert_eq!(world.domain.settlements().live().await.unwrap().len(), 1);
    assert_eq!(world.jobs_of(JobKind::SettleBatch).await.len(), 1);
    world.shut_down().await;
}

#[tokio::test]
async fn a_batch_whose_job_is_gone_gets_another() {
    let world = World::new().await;
    let vendor = world.vendor().await;
    world.fill(Account::of(AccountKind::VendorUnsettled, vendor.profile, world.house_mint()), 1_000).await;
    let wallet = Address::from_bytes([9; 32]);
    let request = PayoutRequest { amount: Amount::new(1_000).unwrap(), mint: None, destination_wallet: wallet, reference: "one".into() };
    world.domain.settlements().request(&vendor.caller, request, None).await.unwrap();
    world.domain.settlements().seal().await.unwrap();
    world.database.execute("UPDATE jobs SET state = 'cancelled', finished_at = 1 WHERE kind = 'settle_batch'").await;
    assert_eq!(world.domain.settlements().resume().await.unwrap(), 1);
    assert_eq!(world.domain.settlements().resume().await.unwrap(), 0, "it has one");
    world.shut_down().await;
}
