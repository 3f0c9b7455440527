//! What operators look for among the jobs.

use std::time::Duration;

use domain::entities::id::JobId;
use domain::entities::job::State;
use domain::ops::{ArgMatch, JobFilter};
use domain::paging::PageRequest;
use jobs::NewJob;
use jobs::kinds::{Probe, ProbeAction, ProbeConcurrency};
use testkit::World;

crate::on_every_engine!(
    a_job_is_found_by_its_state_and_its_arguments_wherever_it_stands,
    an_error_is_found_by_any_part_of_it_in_any_case,
    a_job_is_found_by_the_time_at_which_it_came
);

fn waiting(wait_ms: u64, key: Option<&str>) -> NewJob {
    let concurrency = key.map(|key| ProbeConcurrency { key: key.into(), running_max: 1 });
    NewJob::of(&Probe { action: ProbeAction::Wait { wait_ms }, concurrency }).unwrap().delayed(Duration::from_hours(1))
}

async fn found(world: &World, filter: JobFilter) -> Vec<JobId> {
    world.domain.ops().jobs(&filter, &PageRequest::default()).await.unwrap().items.into_iter().map(|job| job.id).collect()
}

/// One job that waits, one that waits for its key, one that has succeeded.
async fn three(world: &World) -> [JobId; 3] {
    let ended = world.enqueue(NewJob::of(&Probe { action: ProbeAction::Succeed, concurrency: None }).unwrap()).await;
    world.run_jobs().await;
    [world.enqueue(waiting(5, None)).await, world.enqueue(waiting(5, Some("a"))).await, ended]
}

async fn a_job_is_found_by_its_state_and_its_arguments_wherever_it_stands(world: World) {
    let [waits, keyed, ended] = three(&world).await;
    let in_states = |states: &[State]| JobFilter { states: states.to_vec(), ..JobFilter::default() };
    assert_eq!(found(&world, in_states(&[State::Queued])).await, [keyed, waits]);
    assert_eq!(found(&world, in_states(&[State::Running, State::Retrying, State::Failed])).await, []);
    assert_eq!(found(&world, in_states(&[State::Queued, State::Running, State::Succeeded])).await, [keyed, waits, ended]);
    let with =
        |path: &str, value: &str| JobFilter { args: vec![ArgMatch { path: path.into(), value: value.into() }], ..JobFilter::default() };
    assert_eq!(found(&world, with("action.wait.wait_ms", "5")).await, [keyed, waits]);
    assert_eq!(found(&world, with("concurrency.key", "a")).await, [keyed]);
    assert_eq!(found(&world, with("action", "succeed")).await, [ended]);
    assert_eq!(found(&world, with("action", "5")).await, []);
    world.shut_down().await;
}

async fn an_error_is_found_by_any_part_of_it_in_any_case(world: World) {
    let [waits, _, ended] = three(&world).await;
    for (error, whose) in [("host 10% was Away_x", "state = 'queued' AND concurrency_key IS NULL"), ("Timeout", "state = 'succeeded'")] {
        world.database.execute(&format!("UPDATE jobs SET last_error = '{error}' WHERE {whose}")).await;
    }
    let with = |text: &str| JobFilter { text: Some(text.into()), ..JobFilter::default() };
    for (text, expected) in [("was away", waits), ("10% W", waits), ("_x", waits), ("host 10% was Away_x", waits), ("timeOUT", ended)] {
        assert_eq!(found(&world, with(text)).await, [expected], "{text}");
    }
    for text in ["away-x", "1_% was", "timeouts"] {
        assert_eq!(found(&world, with(text)).await, [], "{text}");
    }
    world.shut_down().await;
}

async fn a_job_is_found_by_the_time_at_which_it_came(world: World) {
    let [waits, keyed, ended] = three(&world).await;
    let now = jobs::store::server::now(&world.database.db).await.unwrap();
    let moved = |seconds: i64| domain::entities::Timestamp::from_micros(now.micros() + seconds * 1_000_000);
    let between = |after: i64, before: i64| JobFilter {
        created_after: Some(moved(after)),
        created_before: Some(moved(before)),
        ..JobFilter::default()
    };
    assert_eq!(found(&world, between(-600, 600)).await, [keyed, waits, ended]);
    assert_eq!(found(&world, between(-86_400, -600)).await, []);
    assert_eq!(found(&world, between(600, 86_400)).await, []);
    world.shut_down().await;
}
