//! How often something may happen.

use domain::executions::{ExecutionError, RunRequest};
use domain::idempotency::Claim;
use domain::limits::{LimitError, Per, Policy, Rate, Settings};
use serde_json::json;
use testkit::{World, spawn, until};

crate::on_every_engine! {
    a_subject_has_its_quota_and_no_more,
    many_at_once_over_two_processes_never_get_more,
    only_runs_that_are_accepted_count,
    what_is_full_again_is_forgotten,
}

/// The same world with other limits.
fn limited(world: &World, limits: Settings) -> domain::Domain {
    let settings = domain::Settings { limits, ..world.domain.settings().clone() };
    world.domain_set(settings)
}

async fn a_subject_has_its_quota_and_no_more(world: World) {
    let limits = world.domain.limits();
    for left in (0..5).rev() {
        let standing = limits.count(Policy::OtpEmail, "ann@example.org").await.unwrap().unwrap();
        assert_eq!((standing.quota, standing.remaining), (5, left));
    }
    let Err(LimitError::Reached(reached)) = limits.count(Policy::OtpEmail, "ann@example.org").await else { panic!("the sixth") };
    assert_eq!(reached.standing.remaining, 0);
    assert!((700..=720).contains(&reached.retry_after.as_secs()), "an hour for five: {:?}", reached.retry_after);
    limits.count(Policy::OtpEmail, "ben@example.org").await.expect("somebody else has their own");
    limits.count(Policy::OtpIp, "ann@example.org").await.expect("another policy counts by itself");
    let kept = "SELECT count(*) FROM rate_limit_buckets WHERE bucket LIKE '%ann%'";
    assert_eq!(world.database.count(kept).await, 0, "no address is kept");
    world.finish().await;
}

async fn many_at_once_over_two_processes_never_get_more(world: World) {
    let limits = Settings { caller: Rate::of(100, 86_400, Per::User), ..Settings::default() };
    let processes = [limited(&world, limits.clone()), limited(&world, limits)];
    let asking = (0..150).map(|number| {
        let process = processes[number % 2].clone();
        spawn(async move { process.limits().count(Policy::Caller, "ann").await.is_ok() })
    });
    let mut admitted = 0;
    for asked in asking.collect::<Vec<_>>() {
        admitted += u32::from(asked.await.unwrap());
    }
    assert!((96..=100).contains(&admitted), "{admitted} of 100; each process may be left with less than its part of five");
    world.finish().await;
}

async fn only_runs_that_are_accepted_count(world: World) {
    let ann = world.operator().await;
    let agent = world.agent(&ann).await.row.id;
    let limits = Settings { executions: Rate::of(2, 3_600, Per::User), ..Settings::default() };
    let domain = limited(&world, limits);
    let request = |input| RunRequest { agent_id: agent, input };
    let good = json!({ "text": "a" });
    let claim = Claim::new(&ann, "POST", "/v1/executions", "k", &good);
    let run = async |input, claim| domain.executions().submit(&ann, request(input), claim).await;

    run(json!({ "text": 1 }), None).await.expect_err("an input that does not fit");
    run(good.clone(), Some(&claim)).await.unwrap();
    assert!(run(good.clone(), Some(&claim)).await.unwrap().is_replay());
    run(good.clone(), None).await.expect("the second");
    let third = run(good.clone(), None).await;
    assert!(matches!(third, Err(ExecutionError::Limit(LimitError::Reached(_)))), "{third:?}");
    assert!(run(good.clone(), Some(&claim)).await.unwrap().is_replay(), "a repetition gets its answer also when the limit is reached");
    assert_eq!(world.database.count("SELECT count(*) FROM executions").await, 2);
    let ben = world.operator().await;
    let theirs = world.agent(&ben).await.row.id;
    domain.executions().submit(&ben, RunRequest { agent_id: theirs, input: good }, None).await.expect("another user has their own");
    world.run_jobs().await;
    world.finish().await;
}

async fn what_is_full_again_is_forgotten(world: World) {
    let limits = Settings { chat: Rate::of(20, 1, Per::User), ..Settings::default() };
    let domain = limited(&world, limits);
    domain.limits().count(Policy::Chat, "ann").await.unwrap();
    domain.limits().count(Policy::Executions, "ann").await.unwrap();
    until("the quick one is forgotten", async || domain::limits::prune(&domain, 100).await.unwrap() == 1).await;
    assert_eq!(world.database.count("SELECT count(*) FROM rate_limit_buckets").await, 1);
    world.finish().await;
}
