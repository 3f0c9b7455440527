//! `run_agent`: one result, however often and however badly it is run.

use std::time::Duration;

use domain::Ports;
use domain::Settings;
use domain::agents::AgentDraft;
use domain::entities::job;
use domain::executions::State;
use domain::ports::sandbox::FailureCode;
use jobs::Outcome;
use serde_json::json;
use testkit::{ENGINES_WORDS, Kind, Script, World, draft, until};
use workers::dispatch::Dispatch;
use workers::handlers;
use workers::pools::Handle as _;

#[tokio::test]
async fn an_agent_answers_and_its_answer_is_a_row() {
    let world = World::new().await;
    let (owner, submitted) = world.accepted_run().await;
    world.run_jobs().await;
    let execution = world.domain.executions().get(&owner, submitted.execution_id).await.unwrap();
    assert_eq!((execution.state, execution.output), (State::Succeeded, Some(json!({ "text": "a b c" }))));
    assert_eq!((execution.exit_code, execution.log_bytes), (Some(0), 6));
    assert_eq!(execution.usage.unwrap()["wall_ms"], 34);
    assert_eq!(execution.isolation.unwrap()["network"], "none");
    let job = world.job(submitted.job_id).await;
    assert_eq!(job.state, job::State::Succeeded);
    assert_eq!(job.result.unwrap()["output"], json!({ "text": "a b c" }));
    assert_eq!(world.log(submitted.execution_id).await[0].text, "hello");
    world.finish().await;
}

#[tokio::test]
async fn twice_is_once() {
    let world = World::new().await;
    let (_, submitted) = world.accepted_run().await;
    world.run_jobs().await;
    let first = world.execution(submitted.execution_id).await;
    world.repeat_jobs().await;
    world.run_jobs().await;
    assert_eq!(world.execution(submitted.execution_id).await, first);
    assert_eq!(world.sandbox.runs().len(), 1, "the agent ran once");
    assert_eq!(world.job(submitted.job_id).await.state, job::State::Succeeded);
    world.finish().await;
}

#[tokio::test]
async fn an_agent_that_fails_fails_its_job_for_good_with_the_same_code() {
    let world = World::new().await;
    world.sandbox.next(Script::Fails(FailureCode::OutOfMemory));
    let (_, submitted) = world.accepted_run().await;
    world.run_jobs().await;
    let execution = world.execution(submitted.execution_id).await;
    assert_eq!((execution.state, execution.failure_code.as_deref()), (State::Failed, Some("out_of_memory")));
    let job = world.job(submitted.job_id).await;
    assert_eq!((job.state, job.error_code.as_deref(), job.attempt), (job::State::Failed, Some("out_of_memory"), 1));
    world.repeat_jobs().await;
    world.run_jobs().await;
    assert_eq!(world.job(submitted.job_id).await.error_code.as_deref(), Some("out_of_memory"), "a retry brings no other verdict");
    assert_eq!(world.sandbox.runs().len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn an_answer_that_does_not_meet_its_schema_is_a_failure_with_a_place() {
    let world = World::new().await;
    let owner = world.operator().await;
    let schema = json!({ "type": "object", "required": ["words"], "properties": { "words": { "type": "integer" } } });
    let agent = world.agent_like(&owner, AgentDraft { output_schema: schema, ..draft() }).await.row.id;
    for (output, code, words) in
        [(json!({ "words": "three" }), "output_schema", "/words"), (json!({ "words": 3, "odd": "\0" }), "output_not_json", "NUL")]
    {
        world.sandbox.next(Script::Answers { lines: vec![], output });
        let submitted = world.run_agent(&owner, agent, json!({ "text": "a" })).await;
        world.run_jobs().await;
        let execution = world.execution(submitted.execution_id).await;
        assert_eq!((execution.failure_code.as_deref(), execution.output), (Some(code), None));
        assert!(execution.failure_message.is_some_and(|message| message.contains(words)));
    }
    world.sandbox.next(Script::AnswersNothing);
    let submitted = world.run_agent(&owner, agent, json!({ "text": "a" })).await;
    world.run_jobs().await;
    assert_eq!(world.execution(submitted.execution_id).await.failure_code.as_deref(), Some("no_output"));
    world.finish().await;
}

#[tokio::test]
async fn an_engine_that_is_away_costs_nothing_and_fails_nobody() {
    let world = World::new().await;
    let (_, submitted) = world.accepted_run().await;
    for _ in 0..5 {
        world.sandbox.next(Script::EngineAway);
        world.run_jobs().await;
        world.skip_waits().await;
    }
    let job = world.job(submitted.job_id).await;
    assert_eq!((job.state, job.failures, job.deaths, job.attempt), (job::State::Queued, 0, 0, 5));
    world.run_jobs().await;
    assert_eq!(world.execution(submitted.execution_id).await.state, State::Succeeded);
    let told = world.told(&format!("execution:{}", submitted.execution_id)).await;
    assert_eq!(told, ["queued", "running", "succeeded"], "nobody is told of tries that started nothing");
    world.finish().await;
}

#[tokio::test]
async fn an_ill_engine_and_a_silent_registry_cost_a_run_no_try_until_it_has_waited_long_enough() {
    for trouble in [Script::EngineFails, Script::RegistryAway] {
        let world = World::new().await;
        let (owner, submitted) = world.accepted_run().await;
        let mut pauses = Vec::new();
        for waited in [0, 600, 1_800, 1_199] {
            world.clock.advance(Duration::from_secs(waited));
            world.sandbox.next(trouble.clone());
            world.run_jobs().await;
            let job = world.job(submitted.job_id).await;
            assert_eq!((job.state, job.failures, job.deaths), (job::State::Queued, 0, 0));
            assert!(job.last_error.is_some_and(|why| why.contains("as the story says")), "the row says what it waits for");
            pauses.push(world.wait_of(submitted.job_id).await.as_secs() / 10);
            world.skip_waits().await;
        }
        assert!(pauses[0] < pauses[1] && pauses[1..] == [29, 29, 29], "they grow up to five minutes: {pauses:?}");
        world.clock.advance(Duration::from_secs(1));
        world.sandbox.next(trouble);
        world.run_jobs().await;
        let execution = world.execution(submitted.execution_id).await;
        assert_eq!((execution.state, execution.failure_code.as_deref()), (State::Failed, Some("infrastructure")));
        assert!(execution.failure_message.is_some_and(|message| message.contains("3600 s")));
        world.repeat_jobs().await;
        world.sandbox.next(Script::EngineFails);
        world.run_jobs().await;
        assert_eq!(world.job(submitted.job_id).await.state, job::State::Queued, "a retry has all its time again");
        world.skip_waits().await;
        world.run_jobs().await;
        assert_eq!(world.domain.executions().get(&owner, submitted.execution_id).await.unwrap().state, State::Succeeded);
        world.finish().await;
    }
}

#[tokio::test]
async fn an_image_that_is_on_its_way_is_waited_for_without_counting_a_try_and_is_trouble_when_it_never_comes() {
    let world = World::new().await;
    let (_, submitted) = world.accepted_run().await;
    for pulling in [Script::Pulling, Script::Pulling] {
        world.sandbox.next(pulling);
        world.run_jobs().await;
        let job = world.job(submitted.job_id).await;
        assert_eq!((job.state, job.failures, job.deaths), (job::State::Queued, 0, 0));
        world.skip_waits().await;
        world.clock.advance(Duration::from_mins(31));
    }
    world.sandbox.next(Script::RegistryAway);
    world.run_jobs().await;
    let execution = world.execution(submitted.execution_id).await;
    assert_eq!(
        (execution.state, execution.failure_code.as_deref()),
        (State::Failed, Some("infrastructure")),
        "a registry that never delivers: the trouble began with the first pull that took too long"
    );
    assert_eq!(world.told(&format!("execution:{}", submitted.execution_id)).await, ["queued", "failed"], "it never ran");
    world.finish().await;
}

#[tokio::test]
async fn a_log_of_too_many_lines_is_cut_in_the_middle() {
    let mut settings = Settings::default();
    settings.executions.log_lines_max = 4;
    let world = World::with(Kind::Sqlite, settings).await;
    let lines = (1..=9).map(|number| number.to_string()).collect();
    world.sandbox.next(Script::Answers { lines, output: json!({ "text": "a b c" }) });
    let (_, submitted) = world.accepted_run().await;
    world.run_jobs().await;
    let log: Vec<_> = world.log(submitted.execution_id).await.into_iter().map(|line| line.text).collect();
    assert_eq!(log, ["1", "2", "… 5 lines are cut out here …", "8", "9"]);
    assert_eq!(world.execution(submitted.execution_id).await.log_bytes, 18, "it is known how much there was");
    world.finish().await;
}

/// The job of a run that its user has cancelled comes back all the same: it ends, and does not come back for ever.
#[tokio::test]
async fn a_cancelled_run_stays_cancelled_when_its_job_comes_back() {
    let world = World::new().await;
    let (owner, submitted) = world.accepted_run().await;
    world.domain.executions().cancel(&owner.into(), submitted.execution_id, None).await.unwrap();
    assert_eq!(world.job(submitted.job_id).await.state, job::State::Cancelled);
    world.repeat_jobs().await;
    world.run_jobs().await;
    let job = world.job(submitted.job_id).await;
    assert_eq!((job.state, job.error_code.as_deref(), job.attempt), (job::State::Failed, Some("cancelled"), 1));
    assert_eq!(world.execution(submitted.execution_id).await.state, State::Cancelled);
    assert!(world.sandbox.runs().is_empty(), "the agent never ran");
    world.finish().await;
}

/// An engine that was away for hours comes back, and the first thing that a run hears is a registry with a bad moment.
#[tokio::test]
async fn an_engine_that_was_away_leaves_a_run_all_its_time_for_other_trouble() {
    let world = World::new().await;
    let (_, submitted) = world.accepted_run().await;
    for trouble in [Script::EngineAway, Script::RegistryAway, Script::EngineAway, Script::RegistryAway] {
        world.sandbox.next(trouble);
        world.run_jobs().await;
        assert_eq!(world.job(submitted.job_id).await.state, job::State::Queued, "it waits");
        world.skip_waits().await;
        world.clock.advance(Duration::from_hours(2));
    }
    world.run_jobs().await;
    assert_eq!(world.execution(submitted.execution_id).await.state, State::Succeeded);
    world.finish().await;
}

#[tokio::test]
async fn a_run_that_breaks_off_is_tried_again_and_then_fails_for_our_reasons() {
    let world = World::new().await;
    let (owner, submitted) = world.accepted_run().await;
    for script in [Script::BreaksOff, Script::Panics, Script::BreaksOff] {
        world.sandbox.next(script);
        world.run_jobs().await;
        world.skip_waits().await;
    }
    let job = world.job(submitted.job_id).await;
    assert_eq!((job.state, job.failures), (job::State::Failed, 3));
    let execution = world.domain.executions().get(&owner, submitted.execution_id).await.unwrap();
    assert_eq!((execution.state, execution.failure_code.as_deref()), (State::Failed, Some("infrastructure")));
    world.finish().await;
}

#[tokio::test]
async fn an_image_that_is_gone_is_the_agents_failure() {
    let world = World::new().await;
    world.sandbox.next(Script::ImageGone);
    let (_, submitted) = world.accepted_run().await;
    world.run_jobs().await;
    let execution = world.execution(submitted.execution_id).await;
    assert_eq!((execution.state, execution.failure_code.as_deref()), (State::Failed, Some("image_missing")));
    assert_eq!(world.job(submitted.job_id).await.error_code.as_deref(), Some("image_missing"));
    world.finish().await;
}

#[tokio::test]
async fn the_first_run_pins_the_image_and_every_other_run_runs_the_same() {
    let world = World::new().await;
    world.sandbox.has_images(false);
    let (owner, first) = world.accepted_run().await;
    world.sandbox.has_images(true);
    world.run_jobs().await;
    let pinned = world.execution(first.execution_id).await;
    assert_eq!(world.sandbox.runs()[0].digest.as_ref().map(|digest| &digest.0), pinned.image_digest.as_ref());
    let agent = world.domain.agents().get(&owner, pinned.agent_id).await.unwrap();
    assert!(agent.current.image_digest.is_some() && agent.current.image_digest == pinned.image_digest);
    world.sandbox.has_images(false);
    let second = world.run_agent(&owner, pinned.agent_id, json!({ "text": "a" })).await;
    world.run_jobs().await;
    assert_eq!(world.execution(second.execution_id).await.state, State::Succeeded, "nobody asks again what the tag means");
    world.finish().await;
}

#[tokio::test]
async fn the_result_of_an_attempt_that_lost_its_lease_is_not_recorded() {
    let world = World::new().await;
    world.sandbox.next(Script::RunsUntilStopped);
    let (_, submitted) = world.accepted_run().await;
    let id = submitted.execution_id;
    let lose = async {
        until("the agent works", async || world.log(id).await.len() == 1).await;
        world.database.execute("UPDATE jobs SET lease_until = 1 WHERE state = 'running'").await;
    };
    tokio::join!(world.run_jobs(), lose);
    let execution = world.execution(id).await;
    assert_eq!((execution.state, execution.attempt), (State::Succeeded, 2), "the second attempt's word holds");
    assert_eq!(world.job(submitted.job_id).await.deaths, 1);
    assert_eq!(world.told(&format!("execution:{id}")).await, ["queued", "running", "succeeded"]);
    world.finish().await;
}

#[tokio::test]
async fn a_worker_without_an_engine_leaves_the_job_to_another() {
    let world = World::new().await;
    let (_, submitted) = world.accepted_run().await;
    let without = Dispatch::new(world.domain_with(Ports::default()), settings());
    let outcome = world.one_job(async |delivery| without.handle(delivery).await).await;
    assert!(matches!(outcome, Outcome::Snoozed { .. }));
    world.skip_waits().await;
    world.run_jobs().await;
    assert_eq!(world.execution(submitted.execution_id).await.state, State::Succeeded);
    world.finish().await;
}

#[tokio::test]
async fn a_payload_that_is_none_fails_its_row_and_no_worker() {
    let world = World::new().await;
    let (_, submitted) = world.accepted_run().await;
    world.database.execute("UPDATE jobs SET payload = '{\"execution\": 7}'").await;
    world.run_jobs().await;
    let job = world.job(submitted.job_id).await;
    assert_eq!((job.state, job.error_code.as_deref(), job.attempt), (job::State::Failed, Some("undecodable-payload"), 1));
    assert_eq!(world.domain.executions().reconcile(10).await.unwrap(), 1);
    world.finish().await;
}

fn settings() -> handlers::Settings {
    handlers::Settings { probes_may_abort: false, jobs: jobs::Settings::default(), trouble_seconds_max: 3_600 }
}

#[tokio::test]
async fn the_engines_words_reach_those_who_run_the_house_and_nobody_else() {
    for script in [Script::ImageGone, Script::EngineFails, Script::RegistryAway] {
        let world = World::new().await;
        let (owner, submitted) = world.accepted_run().await;
        for waited in [0, 3_600] {
            world.clock.advance(Duration::from_secs(waited));
            world.sandbox.next(script.clone());
            world.run_jobs().await;
            world.skip_waits().await;
        }
        let execution = world.domain.executions().get(&owner, submitted.execution_id).await.unwrap();
        let operation = world.domain.operations().get(&owner, submitted.job_id).await.unwrap();
        assert_eq!((execution.state, operation.state), (State::Failed, job::State::Failed), "{script:?}");
        for told in [execution.failure_message, operation.last_error] {
            let told = told.expect("a failure says why");
            assert!(!told.contains("/var/lib") && !told.contains("input/output error"), "{script:?}: {told}");
        }
        let log = async || world.attempts(submitted.job_id).await.pop().and_then(|attempt| attempt.log).unwrap_or_default();
        until("the attempt's log has the words", async || log().await.contains(ENGINES_WORDS)).await;
        world.finish().await;
    }
}
