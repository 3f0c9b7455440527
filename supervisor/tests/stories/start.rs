//! `START`: how the input reaches the agent, and every way in which there is no agent.

use std::time::{Duration, Instant};

use supervisor::frames::{self, Kind};
use supervisor::messages::FailedCode;

use crate::namespace::{Container, RUN_KEY, Told, header, shell};

fn failure(told: &Told) -> (FailedCode, &str) {
    assert_eq!(told.kinds, [Kind::Failed]);
    let failed = told.failed.as_ref().unwrap();
    (failed.code, &failed.message)
}

fn failure_to_run(program: &str) -> FailedCode {
    failure(&Container::create().run(&header(&[program]), b"{}")).0
}

#[test]
fn the_input_arrives_by_variable_and_by_file() {
    let told = Container::create().run(&shell("printf %s \"$INPUT\"; cat /input/input.json"), br#"{"a": "b c"}"#);
    assert_eq!(told.stdout(), r#"{"a": "b c"}{"a": "b c"}"#);
}

#[test]
fn a_large_input_arrives_by_file_only() {
    let largest = vec![b'1'; 131_000];
    let told = Container::create().run(&shell("echo ${#INPUT}; wc -c </input/input.json"), &largest);
    assert_eq!(told.stdout(), "131000\n131000\n");
    let larger = vec![b'1'; 131_001];
    let told = Container::create().run(&shell("echo ${INPUT-none}; wc -c </input/input.json; tr -d 1 </input/input.json"), &larger);
    assert_eq!(told.stdout(), "none\n131001\n");
}

#[test]
fn the_agent_gets_the_images_environment_directory_and_arguments_and_no_input_on_stdin() {
    let mut header = header(&["sh", "-c", "echo $OF_IMAGE $PWD \"$0\" \"$1\"; cat", "zero", "a b"]);
    header.cwd = "/usr/bin".to_owned();
    let told = Container::create().run(&header, b"{}");
    assert_eq!(told.stdout(), "yes /usr/bin zero a b\n");
}

#[test]
fn the_agent_inherits_no_descriptor_and_no_ignored_signal() {
    let told = Container::create().run(&shell("cd /proc/self/fd; echo *; grep -E 'SigIgn|SigBlk' /proc/self/status"), b"{}");
    // The shell itself opens 3 to read the directory.
    let expected = "0 1 2 3\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n";
    assert_eq!(told.stdout(), expected);
}

#[test]
fn the_agent_is_the_first_to_die_when_memory_is_short() {
    let told = Container::create().run(&shell("cat /proc/self/oom_score_adj"), b"{}");
    assert_eq!(told.stdout(), "1000\n");
}

#[test]
fn an_agent_starts_within_milliseconds_of_start() {
    let mut times = Vec::new();
    for _ in 0..9 {
        let mut container = Container::create();
        container.hello();
        let began = Instant::now();
        container.start(&header(&["true"]), b"{}");
        container.frames_until(|frame| frame.kind == Kind::Started);
        times.push(began.elapsed());
    }
    times.sort();
    eprintln!("START to STARTED: best {:?}, median {:?}", times[0], times[4]);
    assert!(times[0] < Duration::from_millis(20), "{times:?}");
}

#[test]
fn a_missing_entry_point_has_a_name() {
    assert_eq!(failure_to_run("nowhere"), FailedCode::EntryPointMissing);
    assert_eq!(failure_to_run("/nowhere/at/all"), FailedCode::EntryPointMissing);
    assert_eq!(failure_to_run("/usr/bin/sh/below-a-file"), FailedCode::EntryPointMissing);
}

#[test]
fn an_entry_point_that_cannot_be_executed_has_a_name() {
    assert_eq!(failure_to_run("/usr"), FailedCode::EntryPointNotExecutable);
    assert_eq!(failure_to_run("/usr/lib/os-release"), FailedCode::EntryPointNotExecutable);
}

#[test]
fn an_input_beyond_its_limit_is_refused() {
    let mut header = shell("echo never");
    header.input_bytes_max = 9;
    let told = Container::create().run(&header, b"0123456789");
    assert_eq!(failure(&told), (FailedCode::InputTooLarge, "the input has 10 bytes, 9 are allowed"));
}

#[test]
fn a_working_directory_that_is_not_there_is_a_bad_start() {
    let mut header = shell("echo never");
    header.cwd = "/nowhere".to_owned();
    assert_eq!(failure(&Container::create().run(&header, b"{}")).0, FailedCode::BadStart);
}

#[test]
fn a_header_that_is_not_one_is_a_bad_start() {
    let started = |header: &[u8]| {
        let length = u32::try_from(37 + header.len()).unwrap().to_be_bytes();
        let header_length = u32::try_from(header.len()).unwrap().to_be_bytes();
        let frame = [&length[..], &[frames::START], &RUN_KEY, &header_length, header].concat();
        let mut container = Container::create();
        container.hello();
        container.write(&frame);
        failure(&container.rest()).0
    };
    assert_eq!(started(b"{}"), FailedCode::BadStart);
    assert_eq!(started(b"\xff"), FailedCode::BadStart);
    let argv_with_nul = serde_json::to_vec(&header(&["a\0b"])).unwrap();
    assert_eq!(started(&argv_with_nul), FailedCode::BadStart);
}

#[test]
fn an_unknown_field_of_the_header_is_ignored() {
    let mut json = serde_json::to_value(shell("echo ran")).unwrap();
    json["later"] = "invention".into();
    let json = serde_json::to_vec(&json).unwrap();
    let length = u32::try_from(37 + json.len() + 2).unwrap().to_be_bytes();
    let header_length = u32::try_from(json.len()).unwrap().to_be_bytes();
    let mut container = Container::create();
    container.hello();
    container.write(&[&length[..], &[frames::START], &RUN_KEY, &header_length, &json, b"{}"].concat());
    assert_eq!(container.rest().stdout(), "ran\n");
}
