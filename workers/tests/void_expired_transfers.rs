//! `void_expired_transfers`: what nobody decided in time never happened.

use std::time::Duration;

use domain::entities::id::ProfileId;
use domain::entities::job;
use domain::ledger::{Account, AccountKind, Step};
use jobs::NewJob;
use jobs::kinds::VoidExpiredTransfers;
use testkit::{World, mint};

#[tokio::test]
async fn only_what_is_over_is_voided_and_twice_is_once() {
    let world = World::new().await;
    let wallet = || Account::of(AccountKind::Agent, world.domain.queue().ids().next::<ProfileId>(), mint(1));
    let (ann, ben) = (wallet(), wallet());
    world.fill(ann, 100).await;
    let soon = world.domain.now().plus(Duration::from_secs(10));
    for end in [Some(soon), Some(soon.plus(Duration::from_secs(10))), None] {
        world.ledger_one(Step::Create(world.transfer(ann, ben, 10).pending(end))).await.unwrap();
    }
    world.clock.advance(Duration::from_secs(10));
    let id = world.enqueue(NewJob::of(&VoidExpiredTransfers {}).unwrap()).await;
    for voided in [1, 0] {
        world.repeat_jobs().await;
        world.run_jobs().await;
        assert_eq!(world.job(id).await.state, job::State::Succeeded);
        assert_eq!(world.job(id).await.result.unwrap()["voided"], voided);
        assert_eq!(world.figures(ann).await.pending_out, 20);
    }
    world.finish().await;
}
