//! `release_bond`: money that was put down comes back, once.

use domain::entities::job;
use jobs::NewJob;
use jobs::kinds::ReleaseBond;
use testkit::{World, atomic};

#[tokio::test]
async fn giving_back_twice_is_giving_back_once() {
    let world = World::new().await;
    let payer = world.payer(100).await;
    let payments = world.domain.payments();
    payments.bond(&payer.caller, atomic(100), None, None).await.unwrap();
    let asked = payments.unbond(&payer.caller, atomic(30), None, None).await.unwrap().into_inner();
    for _ in 0..2 {
        world.repeat_jobs().await;
        world.run_jobs().await;
        assert_eq!(world.job(asked.job_id).await.state, job::State::Succeeded);
        assert_eq!(payments.agent_balances(&payer.caller).await.unwrap()[0].available, atomic(30));
    }
    world.finish().await;
}

#[tokio::test]
async fn what_nobody_asked_back_is_not_given() {
    let world = World::new().await;
    let payer = world.payer(100).await;
    let job = ReleaseBond { transfer_id: world.transfer_id(), profile_id: payer.profile };
    let id = world.enqueue(NewJob::of(&job).unwrap()).await;
    world.run_jobs().await;
    let row = world.job(id).await;
    assert_eq!((row.state, row.error_code.as_deref()), (job::State::Failed, Some("not-found")));
    world.finish().await;
}
