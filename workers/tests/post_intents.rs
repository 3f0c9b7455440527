//! `post_intents`: agents pay what they have signed, once.

use domain::entities::job;
use testkit::{World, atomic};

#[tokio::test]
async fn debiting_twice_is_debiting_once() {
    let world = World::new().await;
    let (payer, vendor) = (world.payer(100).await, world.vendor().await);
    let key = world.link_agent(&payer).await;
    let signed = [world.signed(&key, &vendor, 30), world.signed(&key, &vendor, 20)];
    let handed = world.domain.intents().submit(&vendor.caller, &signed, None).await.unwrap().into_inner();
    for result in [2, 0] {
        world.run_jobs().await;
        assert_eq!(world.job(handed.job_id).await.state, job::State::Succeeded);
        assert_eq!(world.job(handed.job_id).await.result.unwrap()["settled"], result);
        assert_eq!(world.domain.payments().agent_balances(&payer.caller).await.unwrap()[0].available, atomic(50));
        world.repeat_jobs().await;
    }
    world.run_jobs().await;
    world.finish().await;
}
