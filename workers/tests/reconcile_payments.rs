//! `reconcile_payments`: promises and bonds do not hang on the life of one job.

use std::time::Duration;

use domain::entities::job;
use jobs::NewJob;
use jobs::kinds::ReconcilePayments;
use testkit::{World, atomic};

#[tokio::test]
async fn what_lost_its_job_goes_on_with_another_one() {
    let world = World::new().await;
    let (payer, vendor) = (world.payer(100).await, world.vendor().await);
    let payments = world.domain.payments();
    let key = world.link_agent(&payer).await;
    world.domain.intents().submit(&vendor.caller, &[world.signed(&key, &vendor, 30)], None).await.unwrap();
    payments.bond(&payer.caller, atomic(20), None, None).await.unwrap();
    payments.unbond(&payer.caller, atomic(20), None, None).await.unwrap();
    world.database.execute("UPDATE jobs SET state = 'cancelled', finished_at = 1").await;
    for (waited, available) in [(Duration::ZERO, 80), (Duration::from_mins(6), 50), (Duration::from_hours(24 * 8), 70)] {
        world.clock.advance(waited);
        for _ in 0..2 {
            let id = world.enqueue(NewJob::of(&ReconcilePayments {}).unwrap()).await;
            world.run_jobs().await;
            assert_eq!(world.job(id).await.state, job::State::Succeeded);
        }
        assert_eq!(payments.agent_balances(&payer.caller).await.unwrap()[0].available, atomic(available), "after {waited:?}");
    }
    world.finish().await;
}

#[tokio::test]
async fn what_has_a_live_job_keeps_it() {
    let world = World::new().await;
    let payer = world.payer(100).await;
    let payments = world.domain.payments();
    payments.bond(&payer.caller, atomic(20), None, None).await.unwrap();
    payments.unbond(&payer.caller, atomic(20), None, None).await.unwrap();
    world.clock.advance(Duration::from_hours(24 * 8));
    assert_eq!(payments.reconcile().await.unwrap(), 1);
    assert_eq!(world.database.count("SELECT count(*) FROM jobs WHERE kind = 'release_bond'").await, 1);
    world.skip_waits().await;
    world.run_jobs().await;
    world.finish().await;
}
