//! Bonds are put down at once and come back after a while.

use domain::Fault as _;
use domain::idempotency::Once;
use testkit::{Trader, World, atomic};

crate::on_every_engine!(a_bond_comes_back_when_its_time_is_over);

async fn has(world: &World, trader: &Trader) -> [i64; 3] {
    let balance = world.domain.payments().agent_balances(&trader.caller).await.unwrap().remove(0);
    [balance.available.atomic(), balance.pending.atomic(), balance.bonded.atomic()]
}

async fn a_bond_comes_back_when_its_time_is_over(world: World) {
    let payer = world.payer(100).await;
    let payments = world.domain.payments();
    payments.bond(&payer.caller, atomic(60), None, None).await.unwrap();
    assert_eq!(has(&world, &payer).await, [40, 0, 60]);
    assert_eq!(payments.bond(&payer.caller, atomic(41), None, None).await.unwrap_err().code(), "insufficient-funds");
    let Once::First(asked) = payments.unbond(&payer.caller, atomic(50), None, None).await.unwrap() else { panic!("it is the first") };
    assert_eq!(has(&world, &payer).await, [40, 50, 10]);
    assert_eq!(payments.unbond(&payer.caller, atomic(11), None, None).await.unwrap_err().code(), "insufficient-funds");
    world.run_jobs().await;
    assert_eq!(has(&world, &payer).await, [40, 50, 10], "it takes its time");
    assert!(world.wait_of(asked.job_id).await.as_secs() > 6 * 86_400);
    world.skip_waits().await;
    world.run_jobs().await;
    world.repeat_jobs().await;
    world.run_jobs().await;
    assert_eq!(has(&world, &payer).await, [90, 0, 10]);
    world.finish().await;
}
