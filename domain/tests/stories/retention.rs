//! What is old is forgotten, a few rows at a time; what is not stays.

use std::time::Duration;

use domain::accounts::Role;
use domain::ops::Actor;
use jobs::Pool;
use serde_json::json;
use testkit::{Script, World};

crate::on_every_engine!(
    a_run_is_forgotten_a_month_after_its_end_and_its_lines_with_it,
    lines_may_be_forgotten_before_their_run,
    who_did_what_is_kept_for_a_year,
    a_login_link_is_forgotten_a_week_after_its_use,
);

const DAY: Duration = Duration::from_hours(24);

async fn a_run_is_forgotten_a_month_after_its_end_and_its_lines_with_it(world: World) {
    world.clock.rewind(31 * DAY);
    world.sandbox.next(three_lines());
    let (owner, old) = world.accepted_run().await;
    world.run_jobs().await;
    let (_, late) = world.accepted_run().await;
    let executions = world.domain.executions();
    assert_eq!(executions.prune(2).await.unwrap(), 2, "lines go first, and no more at once than was said");
    assert_eq!(executions.prune(2).await.unwrap(), 1);
    assert_eq!(executions.prune(2).await.unwrap(), 1, "then the run");
    assert_eq!(executions.prune(2).await.unwrap(), 0);
    assert!(executions.get(&owner, old.execution_id).await.is_err());
    world.clock.advance(31 * DAY);
    world.run_jobs().await;
    assert_eq!(executions.prune(100).await.unwrap(), 0, "what was accepted long ago has ended just now");
    assert!(world.execution(late.execution_id).await.state.is_final());
    world.finish().await;
}

async fn lines_may_be_forgotten_before_their_run(world: World) {
    let keeping = domain::Keeping { execution_logs_days: 7, ..domain::Keeping::default() };
    let forgetful = World::with(world.database.kind, domain::Settings { keeping, ..domain::Settings::default() }).await;
    world.finish().await;
    forgetful.clock.rewind(8 * DAY);
    forgetful.sandbox.next(three_lines());
    let (_, old) = forgetful.accepted_run().await;
    forgetful.run_jobs().await;
    assert_eq!(forgetful.domain.executions().prune(100).await.unwrap(), 3);
    assert_eq!(forgetful.domain.executions().prune(100).await.unwrap(), 0);
    assert!(forgetful.log(old.execution_id).await.is_empty());
    assert!(forgetful.execution(old.execution_id).await.output.is_some(), "what came of it stays");
    forgetful.finish().await;
}

async fn who_did_what_is_kept_for_a_year(world: World) {
    let actor = Actor { caller: world.caller(Role::Architect).await, request_id: None };
    let act = async || world.domain.ops().pause_pool(&actor, Pool::Keys, true, None).await.unwrap();
    world.clock.rewind(366 * DAY);
    act().await;
    act().await;
    world.clock.advance(2 * DAY);
    act().await;
    assert_eq!(world.domain.ops().prune_audit(1).await.unwrap(), 1);
    assert_eq!(world.domain.ops().prune_audit(10).await.unwrap(), 1);
    assert_eq!(world.domain.ops().prune_audit(10).await.unwrap(), 0);
    assert_eq!(world.database.count("SELECT count(*) FROM api_audit").await, 1);
    world.finish().await;
}

async fn a_login_link_is_forgotten_a_week_after_its_use(world: World) {
    let user = world.operator().await.user_id;
    let accounts = world.domain.accounts();
    let while_ago = 15 * DAY / 2;
    world.clock.rewind(while_ago);
    let redeemed = accounts.login_link(user).await.unwrap();
    world.domain.sign_ins().by_link(&redeemed.secret).await.unwrap();
    let late = accounts.login_link(user).await.unwrap();
    world.clock.advance(while_ago);
    accounts.login_link(user).await.unwrap();
    assert_eq!(accounts.prune_login_links(10).await.unwrap(), 1, "the one that is out of date ended a day later");
    assert!(world.domain.sign_ins().by_link(&late.secret).await.is_err());
    world.database.execute("UPDATE login_links SET expires_at = 1 WHERE expires_at < (SELECT max(expires_at) FROM login_links)").await;
    assert_eq!(accounts.prune_login_links(10).await.unwrap(), 1);
    assert_eq!(world.database.count("SELECT count(*) FROM login_links").await, 1);
    world.finish().await;
}

fn three_lines() -> Script {
    Script::Answers { lines: ["one", "two", "three"].map(String::from).to_vec(), output: json!({}) }
}
