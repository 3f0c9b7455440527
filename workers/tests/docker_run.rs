//! One image, one run, on the real engine.

mod docker_world;

use docker_world::{World, spec};
use domain::ports::sandbox::{FailureCode, LogStream, RunLimits, RunSpec};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_reads_its_input_and_answers_with_its_last_json_line() {
    let world = World::new().await;
    let image = world.image("echo hello; echo oops >&2; echo \"$INPUT\"; cat /input/input.json; echo; echo bye").await;
    let run = world.run(&spec(&image, json!({"question": 42}))).await;
    assert_eq!(run.completed(), &json!({"question": 42}));
    assert_eq!(run.lines.of(LogStream::Stdout), ["hello", r#"{"question":42}"#, r#"{"question":42}"#, "bye"]);
    assert_eq!(run.lines.of(LogStream::Stderr), ["oops"]);
    assert_eq!((run.exit.exit_code, run.exit.warm), (Some(0), false));
    assert_eq!((run.exit.usage.source.as_str(), run.exit.log_bytes), ("cgroup", 47));
    assert!(run.exit.usage.memory_peak_bytes > 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_file_wins_over_standard_output() {
    let world = World::new().await;
    let run = world.run_script("echo '{\"from\":\"stdout\"}'; echo '{\"from\":\"file\"}' > /output/output.json").await;
    assert_eq!(run.completed(), &json!({"from": "file"}));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_fail_has_its_code_and_a_sentence() {
    let world = World::new().await;
    let stories = [
        ("exit 3", FailureCode::ExitCode, "exit code 3"),
        ("kill -SEGV $$", FailureCode::Signal, "signal 11"),
        ("echo just words", FailureCode::NoOutput, "no line of standard output is JSON"),
        ("echo '{broken' > /output/output.json", FailureCode::OutputNotJson, "not JSON"),
        ("ln -s /etc/group /output/output.json", FailureCode::OutputNotRegular, "output.json"),
        ("mkfifo /output/output.json", FailureCode::OutputNotRegular, "output.json"),
        ("mkdir /output/output.json", FailureCode::OutputNotRegular, "output.json"),
        ("truncate -s 3M /output/output.json", FailureCode::OutputTooLarge, "output.json"),
        ("tail /dev/zero", FailureCode::OutOfMemory, "MiB of memory"),
        ("while :; do :; done", FailureCode::Timeout, "ran longer than 2 s"),
    ];
    for (script, code, words) in stories {
        let image = world.image(script).await;
        let limits = RunLimits { run_seconds_max: 2, memory_mib_max: 64, cpu_millis_max: 1_000, ..RunLimits::default() };
        let run = world.run(&RunSpec { limits, ..spec(&image, json!({})) }).await;
        let message = run.failed_with(code);
        assert!(message.contains(words), "`{script}`: {message}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_or_an_input_above_its_limit_is_refused() {
    let world = World::new().await;
    let image = world.image("echo \"\\\"$(head -c 3000 /dev/zero | tr '\\0' 7)\\\"\"").await;
    let limits = RunLimits { output_bytes_max: 2_000, input_bytes_max: 100, ..RunLimits::default() };
    let run = world.run(&RunSpec { limits: limits.clone(), ..spec(&image, json!({})) }).await;
    run.failed_with(FailureCode::OutputTooLarge);
    let run = world.run(&RunSpec { limits, ..spec(&image, json!("x".repeat(200))) }).await;
    run.failed_with(FailureCode::InputTooLarge);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_point_that_does_not_exist_is_the_images_fault() {
    let world = World::new().await;
    for entry in [r#"ENTRYPOINT ["/no/such/program"]"#, r#"ENTRYPOINT ["/etc/group"]"#, "LABEL nothing=runs"] {
        let image = world.image_with(&[entry]).await;
        let message = world.run(&spec(&image, json!({}))).await.failed_with(FailureCode::EntryPoint);
        assert!(!message.is_empty(), "{entry}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_out_of_a_long_log_leaves_a_mark_and_the_last_line_survives() {
    let world = World::new().await;
    let image = world.image("echo first; yes nothing | head -n 20000; echo '{\"last\":true}'").await;
    let limits = RunLimits { log_bytes_max: 4_096, ..RunLimits::default() };
    let run = world.run(&RunSpec { limits, ..spec(&image, json!({})) }).await;
    assert_eq!(run.completed(), &json!({"last": true}));
    let marks = run.lines.of(LogStream::System);
    assert!(marks.len() == 1 && marks[0].contains("bytes of standard output are cut out here"), "{marks:?}");
    let lines = run.lines.of(LogStream::Stdout);
    assert_eq!((lines[0].as_str(), lines.last().unwrap().as_str()), ("first", r#"{"last":true}"#));
    assert!(run.exit.log_bytes > 160_000 && lines.iter().map(String::len).sum::<usize>() <= 4_096);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dozen_runs_at_once_all_get_their_own_answer() {
    let world = World::new().await;
    let image = world.image("echo \"$INPUT\"").await;
    let specs: Vec<_> = (0..12).map(|number| spec(&image, json!(number))).collect();
    let runs = futures::future::join_all(specs.iter().map(|spec| world.run(spec))).await;
    for (number, run) in runs.iter().enumerate() {
        assert_eq!(run.completed(), &json!(number));
    }
    world.finish().await;
}
